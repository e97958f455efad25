/** Errors of a TLS connection in words that a person can act on. Pure: it does not load TLS. */

/** What an alert of the peer means (RFC 8446 §6.2), by its name in OpenSSL's codes. */
const alerts: Readonly<Record<string, string>> = {
  HANDSHAKE_FAILURE:
    'the server accepts none of the ciphers and TLS versions on offer, ' +
    'or requires a client certificate (option clientCert)',
  INSUFFICIENT_SECURITY: 'the server demands stronger ciphers than are on offer',
  PROTOCOL_VERSION: 'the server supports no TLS version that is allowed here (option minSupportTlsProtocol)',
  CERTIFICATE_REQUIRED: 'the server requires a client certificate: give one in the option clientCert',
  UNKNOWN_CA: 'the server does not trust the CA that issued the client certificate (option clientCert)',
  BAD_CERTIFICATE: 'the server refused the client certificate (option clientCert), or requires one and got none',
  UNSUPPORTED_CERTIFICATE: 'the server does not support this kind of client certificate (option clientCert)',
  CERTIFICATE_REVOKED: 'the server says that the client certificate (option clientCert) was revoked',
  CERTIFICATE_EXPIRED: 'the server says that the client certificate (option clientCert) has expired',
  CERTIFICATE_UNKNOWN: 'the server refused the client certificate (option clientCert)',
  ACCESS_DENIED: 'the server does not grant access to the client certificate (option clientCert)',
  DECRYPT_ERROR: 'the server could not verify a signature of the TLS handshake, maybe that of the client certificate',
  UNRECOGNIZED_NAME: 'the server does not serve this host name (SNI)',
  NO_APPLICATION_PROTOCOL: 'the server accepts no connection without an application protocol of its own (ALPN)',
  INTERNAL_ERROR: 'the server failed in the TLS handshake for a reason of its own',
};

const notTls = 'the server does not speak TLS on this port: is its URL a ws: one?';
const tooOld = 'the server chose a TLS version older than the lowest one allowed (option minSupportTlsProtocol)';

const ownFindings: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ERR_SSL_RECORD_LAYER_FAILURE: notTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: tooOld,
  ERR_SSL_VERSION_TOO_LOW: tooOld,
  ERR_SSL_WRONG_SSL_VERSION: tooOld,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'no TLS version is left that both minSupportTlsProtocol and this Node allow',
  ERR_SSL_DH_KEY_TOO_SMALL: 'the server uses a Diffie-Hellman key that is too small to be safe',
  ERR_SSL_EE_KEY_TOO_SMALL: 'the key of the certificate is too small to be safe',
  ERR_SSL_CA_MD_TOO_WEAK: 'the certificate is signed with a digest that is not safe any more',
};

/**
 * Says what an error that came from TLS means. In TLS 1.3 a server judges the client certificate after our handshake
 * is done, so such an error can also come from a connection that is already in use.
 *
 * @returns a sentence without subject and full stop, or `undefined` when the error is not one of TLS
 */
export function describeTlsError(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !/^ERR_(SSL|OSSL)_/.test(code)) return undefined;
  // `ERR_SSL_SSLV3_ALERT_…`, `ERR_SSL_TLSV1_ALERT_…`, `ERR_SSL_TLSV13_ALERT_…`; OpenSSL 3.2 writes `SSL/TLS_ALERT_…`.
  const alert = /_ALERT_(.+)$/.exec(code)?.[1];
  if (alert !== undefined) {
    const name = alert.toLowerCase().replaceAll('_', ' ');
    return `${alerts[alert] ?? 'the server ended the TLS connection'} (alert ${name})`;
  }
  return ownFindings[code] ?? `TLS failed: ${(error as { reason?: string }).reason ?? code}`;
}
