/** What a program says about TLS -> TLS connections. Loaded only when a connection needs TLS. */
import type { Buffer } from 'node:buffer';
import { createHash, X509Certificate } from 'node:crypto';
import { isIP, type NetConnectOpts, type Socket } from 'node:net';
import tls from 'node:tls';
import { sentence } from '../../protocol/sentence.js';
import { withoutZone } from '../dial/host.js';
import { type ConnectionFailure, FailureError } from '../failure.js';
import { describeTlsError } from './alert.js';
import { describeRefusedCertificate } from './certificate-problem.js';
import type { ClientCert } from './client-cert.js';
import { type ClientIdentity, readAuthorities, readClientIdentity } from './files.js';
import { logKeys } from './key-log.js';
import { TlsSessions } from './sessions.js';

/** The TLS options of a connection. */
export interface TlsPlan {
  /** A PEM file or a directory of PEM files: the only CAs to trust. None or empty: the runtime's own roots. */
  readonly caPath?: string | undefined;
  readonly clientCert?: ClientCert | undefined;
  readonly skipServerCertVerification: boolean;
  /** The lowest TLS version allowed: 0 is TLS 1.0, 3 is TLS 1.3. Default: the runtime's. */
  readonly minSupportTlsProtocol?: 0 | 1 | 2 | 3 | undefined;
  /** Where the secrets of the connection go; default: `SSLKEYLOGFILE` of the environment, and nowhere without it. */
  readonly keyLogFile?: string | undefined;
}

/** Where to connect, for the certificate to prove. */
export interface TlsPeer {
  /** What messages call it, e.g. `the server`. */
  readonly who: string;
  readonly host: string;
  readonly port: number;
}

/** The way to the peer: a new TCP connection to one of its addresses, or a connection that exists. */
export type TlsWay =
  | { readonly address: string; readonly onread: NetConnectOpts['onread'] }
  | { readonly socket: Socket };

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

const sessions = new TlsSessions();

/**
 * Reads the files of a plan.
 *
 * @throws {FailureError} one is missing, unreadable or unusable
 */
export async function loadTls(plan: TlsPlan): Promise<TlsCredentials> {
  const { caPath = '', clientCert, minSupportTlsProtocol, keyLogFile = process.env['SSLKEYLOGFILE'] } = plan;
  const wantsIdentity = clientCert !== undefined && (clientCert.certPath !== '' || clientCert.keyPath !== '');
  const [ca, identity] = await Promise.all([
    caPath === '' ? undefined : readAuthorities(caPath),
    wantsIdentity ? readClientIdentity(clientCert) : undefined,
  ]);
  const version = minSupportTlsProtocol === undefined ? undefined : versions[minSupportTlsProtocol];
  return new TlsCredentials(ca, identity, version, plan.skipServerCertVerification, keyLogFile);
}

/** Whom to trust, who we are, and what is acceptable: all that connections with the same options share. */
export class TlsCredentials {
  readonly #context: tls.SecureContext;
  readonly #skipVerification: boolean;
  readonly #keyLogFile: string | undefined;
  /** The same for the same options and contents of files. */
  readonly #fingerprint: string;

  constructor(
    ca: string[] | undefined,
    identity: ClientIdentity | undefined,
    minVersion: tls.SecureVersion | undefined,
    skipVerification: boolean,
    keyLogFile?: string,
  ) {
    this.#keyLogFile = keyLogFile || undefined;
    this.#skipVerification = skipVerification;
    this.#fingerprint = createHash('sha256')
      .update(JSON.stringify([ca, identity?.cert, identity?.key, minVersion, skipVerification]))
      .digest('base64');
    const allowsSha1 = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
    try {
      this.#context = tls.createSecureContext({
        // A CA that the user trusts needs no issuer of its own: an intermediate, or the server's very certificate.
        ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
        ...identity,
        ...(minVersion === undefined ? {} : { minVersion }),
        // TLS below 1.2 signs with SHA-1, which OpenSSL 3 has only at level 0. Whoever asks for it gets it.
        ...(allowsSha1 ? { ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0` } : {}),
      });
    } catch (cause) {
      const problem = describeTlsError(cause, 'the server') ?? (cause as Error).message;
      throw new FailureError({
        kind: 'tls',
        sentence: sentence`the options of TLS cannot be used: ${problem}`,
        status: 0,
        attempted: false,
        cause,
      });
    }
  }

  /** Takes the session out that a connection to the peer can resume, if there is one. */
  takeSession(peer: TlsPeer): Buffer | undefined {
    return sessions.take(this.#keyOf(peer));
  }

  /** The peer fails when it is offered a session: none is kept for it any more. */
  neverResume(peer: TlsPeer): void {
    sessions.refuse(this.#keyOf(peer));
  }

  /** @param session to resume, from `takeSession` */
  connect(peer: TlsPeer, way: TlsWay, session: Buffer | undefined): TlsConnection {
    const { host, port } = peer;
    const servername = serverName(host);
    const socket = tls.connect({
      ...('socket' in way ? { socket: way.socket, host } : { host: way.address, onread: way.onread }),
      port,
      secureContext: this.#context,
      ...(servername === undefined ? {} : { servername }),
      ...(session === undefined ? {} : { session }),
      ...(isIP(host) === 0
        ? {}
        : { checkServerIdentity: (_: string, found) => checkAddress(withoutZone(host), found) }),
      // Not a lack of verification: `TlsConnection.verify` judges the result, with the certificate still at hand for
      // its message. Node itself also judges only after the handshake, but drops the certificate first.
      rejectUnauthorized: false,
    });
    if (this.#keyLogFile !== undefined) logKeys(socket, this.#keyLogFile);
    const key = this.#keyOf(peer);
    return new TlsConnection(socket, peer, { key, session, skipVerification: this.#skipVerification });
  }

  #keyOf({ host, port }: TlsPeer): string {
    return `${host} ${port} ${this.#fingerprint}`;
  }
}

/** Node 22.23 does not find an IPv6 address among the names of a certificate; OpenSSL does. */
function checkAddress(address: string, certificate: tls.PeerCertificate): Error | undefined {
  if (new X509Certificate(certificate.raw).checkIP(address) !== undefined) return undefined;
  return tls.checkServerIdentity(address, certificate);
}

/** A connection on its way. Nothing may be sent before `verify` has accepted the peer. */
export class TlsConnection {
  readonly socket: tls.TLSSocket;
  readonly #peer: TlsPeer;
  readonly #key: string;
  /** The session that was offered to the peer. */
  readonly #offered: Buffer | undefined;
  readonly #skipVerification: boolean;
  #isVerified = false;

  constructor(
    socket: tls.TLSSocket,
    peer: TlsPeer,
    { key, session, skipVerification }: { key: string; session: Buffer | undefined; skipVerification: boolean },
  ) {
    this.socket = socket;
    this.#peer = peer;
    this.#key = key;
    this.#offered = session;
    this.#skipVerification = skipVerification;
    // TLS 1.3 sends its tickets after the handshake, so this listener stays on the socket for good.
    socket.on('session', (session) => {
      if (this.#isVerified) sessions.put(this.#key, session);
    });
  }

  /**
   * Judges the peer once the handshake is done ('secureConnect'). A session is kept only when the judgement is good:
   * resuming it skips the check of the host name.
   *
   * @returns what is wrong with the peer's certificate, if anything
   */
  verify(): ConnectionFailure | undefined {
    const { socket } = this;
    const { who, host } = this.#peer;
    if (!socket.authorized && !this.#skipVerification) {
      const found = socket.authorizationError as unknown as string | Error | undefined;
      const code = typeof found === 'string' ? found : String(found);
      const cause = Object.assign(new Error(`certificate verification failed: ${code}`), { code });
      return {
        kind: 'certificate',
        sentence: describeRefusedCertificate(code, who, host, socket.getPeerCertificate(true)),
        status: 0,
        attempted: true,
        cause,
      };
    }
    this.#isVerified = true;
    // In TLS 1.3 a new ticket replaces the one that was used, but not every server sends one with a resumed session.
    const again = socket.isSessionReused() ? this.#offered : undefined;
    const session = socket.getProtocol() === 'TLSv1.3' ? again : socket.getSession();
    if (session !== undefined) sessions.put(this.#key, session);
    return undefined;
  }
}

/** RFC 6066 §3: a name without its final dot, and never an IP address. */
function serverName(host: string): string | undefined {
  return isIP(host) === 0 ? host.replace(/\.$/, '') : undefined;
}
