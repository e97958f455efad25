/** Errors of a TLS connection in words that a person can act on. Pure: it does not load TLS. */
import { option, type Sentence, sentence } from '../../protocol/sentence.js';

type Words = (who: string) => Sentence;

const certificate = option('clientCert');
const lowest = option('minSupportTlsProtocol');

/** The meaning of an alert of the peer (RFC 8446 §6.2), by its name in OpenSSL's codes. */
const alerts: Readonly<Record<string, Words>> = {
  HANDSHAKE_FAILURE: (who) =>
    sentence`${who} accepts none of the ciphers and TLS versions on offer, or requires a client certificate (option ${certificate})`,
  INSUFFICIENT_SECURITY: (who) => sentence`${who} demands stronger ciphers than are on offer`,
  PROTOCOL_VERSION: (who) => sentence`${who} supports no TLS version that is allowed here (option ${lowest})`,
  CERTIFICATE_REQUIRED: (who) => sentence`${who} requires a client certificate: give one in the option ${certificate}`,
  UNKNOWN_CA: (who) =>
    sentence`${who} does not trust the CA that issued the client certificate (option ${certificate})`,
  BAD_CERTIFICATE: (who) =>
    sentence`${who} refused the client certificate (option ${certificate}), or requires one and got none`,
  UNSUPPORTED_CERTIFICATE: (who) =>
    sentence`${who} does not support this kind of client certificate (option ${certificate})`,
  CERTIFICATE_REVOKED: (who) => sentence`${who} says that the client certificate (option ${certificate}) was revoked`,
  CERTIFICATE_EXPIRED: (who) => sentence`${who} says that the client certificate (option ${certificate}) has expired`,
  CERTIFICATE_UNKNOWN: (who) => sentence`${who} refused the client certificate (option ${certificate})`,
  ACCESS_DENIED: (who) => sentence`${who} does not grant access to the client certificate (option ${certificate})`,
  DECRYPT_ERROR: (who) =>
    sentence`${who} could not verify a signature of the TLS handshake, maybe that of the client certificate`,
  UNRECOGNIZED_NAME: (who) => sentence`${who} does not serve this host name (SNI)`,
  NO_APPLICATION_PROTOCOL: (who) =>
    sentence`${who} accepts no connection without an application protocol of its own (ALPN)`,
  INTERNAL_ERROR: (who) => sentence`${who} failed in the TLS handshake for a reason of its own`,
};

const notTls: Words = (who) =>
  sentence`${who} does not speak TLS on this port: ${who === 'the proxy' ? 'is it one for http:, without secure?' : 'is its URL a ws: one?'}`;
const tooOld: Words = (who) =>
  sentence`${who} chose a TLS version older than the lowest one allowed (option ${lowest})`;

const ownFindings: Readonly<Record<string, Words>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ERR_SSL_RECORD_LAYER_FAILURE: notTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: tooOld,
  ERR_SSL_VERSION_TOO_LOW: tooOld,
  ERR_SSL_WRONG_SSL_VERSION: tooOld,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: () => sentence`no TLS version is left that both ${lowest} and this Node allow`,
  ERR_SSL_DH_KEY_TOO_SMALL: (who) => sentence`${who} uses a Diffie-Hellman key that is too small to be safe`,
  ERR_SSL_EE_KEY_TOO_SMALL: () => sentence`the key of the certificate is too small to be safe`,
  ERR_SSL_CA_MD_TOO_WEAK: () => sentence`the certificate is signed with a digest that is not safe any more`,
};

/**
 * Says what an error that came from TLS means. In TLS 1.3 a server judges the client certificate after our handshake
 * is done, so such an error can also come from a connection that is already in use.
 *
 * @param who the peer, e.g. `the server`
 * @returns `undefined` when the error is not one of TLS
 */
export function describeTlsError(error: unknown, who: string): Sentence | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !/^ERR_(SSL|OSSL)_/.test(code)) return undefined;
  // `ERR_SSL_SSLV3_ALERT_…`, `ERR_SSL_TLSV1_ALERT_…`, `ERR_SSL_TLSV13_ALERT_…`; OpenSSL 3.2 writes `SSL/TLS_ALERT_…`.
  const alert = /_ALERT_(.+)$/.exec(code)?.[1];
  if (alert !== undefined) {
    const meaning = alerts[alert]?.(who) ?? sentence`${who} ended the TLS connection`;
    return sentence`${meaning} (alert ${alert.toLowerCase().replaceAll('_', ' ')})`;
  }
  return ownFindings[code]?.(who) ?? [`TLS failed: ${(error as { reason?: string }).reason ?? code}`];
}
