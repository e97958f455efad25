/** What a program says about TLS -> TLS connections. Loaded only when a connection needs TLS. */
import type { Buffer } from 'node:buffer';
import { createHash, X509Certificate } from 'node:crypto';
import { isIP, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { sentence } from '../../protocol/sentence.js';
import { withoutZone } from '../dial/host.js';
import { variable } from '../environment.js';
import { type ConnectionFailure, FailureError } from '../failure.js';
import { describeTlsError } from './alert.js';
import { describeRefusedCertificate } from './certificate-problem.js';
import type { PemText } from './client-cert.js';
import { sharedContext } from './contexts.js';
import { type ClientCertPlan, readAuthorities, readClientIdentity } from './files.js';
import { logKeys } from './key-log.js';
import { authoritiesOf, type ClientIdentity } from './pem.js';
import { TlsSessions } from './sessions.js';

/** The TLS options of a connection. */
export interface TlsPlan {
  /** A PEM file or a directory of PEM files: the only CAs to trust. None or empty: the runtime's own roots. */
  readonly caPath?: string | undefined;
  /** CAs to trust beside those of `caPath`: with either of them the runtime's own roots are not trusted. */
  readonly ca?: readonly PemText[] | undefined;
  readonly clientCert?: ClientCertPlan | undefined;
  /** The name that the server is asked for (SNI) and has to prove; empty: it is asked for none. Default: the host's. */
  readonly servername?: string | undefined;
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
  | { readonly address: string; readonly localAddress: string | undefined; readonly onread: NetConnectOpts['onread'] }
  | { readonly path: string; readonly onread: NetConnectOpts['onread'] }
  | { readonly socket: Duplex };

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

const sessions = new TlsSessions();

/**
 * Reads the files of a plan.
 *
 * @throws {FailureError} one is missing, unreadable or unusable
 */
export async function loadTls(plan: TlsPlan): Promise<TlsCredentials> {
  const { caPath = '', ca: given, clientCert, minSupportTlsProtocol } = plan;
  const [files, identity] = await Promise.all([
    caPath === '' ? [] : readAuthorities(caPath),
    clientCert === undefined || isNone(clientCert) ? undefined : readClientIdentity(clientCert),
  ]);
  const ca = given === undefined ? files : [...files, ...authoritiesOf(given)];
  const minVersion = minSupportTlsProtocol === undefined ? undefined : versions[minSupportTlsProtocol];
  return new TlsCredentials({ ca: ca.length === 0 ? undefined : ca, identity, minVersion }, plan);
}

/** The platform's way to say "none" in a whole ClientCert object. */
function isNone({ certPath, keyPath }: ClientCertPlan): boolean {
  return certPath === '' && keyPath === '';
}

interface TlsMaterial {
  readonly ca: string[] | undefined;
  readonly identity: ClientIdentity | undefined;
  readonly minVersion: tls.SecureVersion | undefined;
}

/** Whom to trust, who we are, and what is acceptable: all that connections with the same options share. */
export class TlsCredentials {
  readonly #context: tls.SecureContext;
  readonly #plan: TlsPlan;
  readonly #keyLogFile: string | undefined;
  /** The same for the same options and contents of files. */
  readonly #fingerprint: string;

  constructor({ ca, identity, minVersion }: TlsMaterial, plan: TlsPlan) {
    this.#plan = plan;
    this.#keyLogFile = (plan.keyLogFile ?? variable('SSLKEYLOGFILE')) || undefined;
    const { skipServerCertVerification: skips, servername } = plan;
    const trust = digest([ca, minVersion]);
    this.#fingerprint = digest([trust, identity?.cert, identity?.key, skips, servername]);
    try {
      const make = (): tls.SecureContext => createContext({ ca, identity, minVersion });
      this.#context = ca === undefined || identity !== undefined ? make() : sharedContext(trust, make);
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
    const { servername = serverName(host) } = this.#plan;
    const name = this.#nameOf(peer);
    const socket = tls.connect({
      ...wayOptions(way, host),
      port,
      secureContext: this.#context,
      ...(servername === undefined || servername === '' ? {} : { servername }),
      ...(session === undefined ? {} : { session }),
      checkServerIdentity: (_: string, found) =>
        isIP(name) === 0 ? tls.checkServerIdentity(name, found) : checkAddress(withoutZone(name), found),
      // Not a lack of verification: `TlsConnection.verify` judges the result, with the certificate still at hand for
      // its message. Node itself also judges only after the handshake, but drops the certificate first.
      rejectUnauthorized: false,
    });
    if (this.#keyLogFile !== undefined) logKeys(socket, this.#keyLogFile);
    const key = this.#keyOf(peer);
    const skipVerification = this.#plan.skipServerCertVerification;
    return new TlsConnection(socket, { ...peer, host: name }, { key, session, skipVerification });
  }

  /** What the certificate has to be for. */
  #nameOf({ host }: TlsPeer): string {
    return this.#plan.servername || host;
  }

  #keyOf({ host, port }: TlsPeer): string {
    return `${host} ${port} ${this.#fingerprint}`;
  }
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

function createContext({ ca, identity, minVersion }: TlsMaterial): tls.SecureContext {
  const options: tls.SecureContextOptions = {
    // A CA that the user trusts needs no issuer of its own: an intermediate, or the server's very certificate.
    ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
    ...identity,
    ...(minVersion === undefined ? {} : { minVersion }),
  };
  if (minVersion !== 'TLSv1' && minVersion !== 'TLSv1.1') return tls.createSecureContext(options);
  // TLS below 1.2 signs with SHA-1, which OpenSSL 3 has only at level 0. Whoever asks for it gets it.
  try {
    return tls.createSecureContext({ ...options, ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0` });
  } catch (error) {
    // BoringSSL, which is Bun's, has no levels.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SSL_INVALID_COMMAND') throw error;
    return tls.createSecureContext(options);
  }
}

function wayOptions(way: TlsWay, host: string): tls.ConnectionOptions {
  if ('socket' in way) return { socket: way.socket, host };
  // `onread` is passed on to `net.connect`.
  const { onread } = way as { onread: unknown };
  if ('path' in way) return { path: way.path, onread } as tls.ConnectionOptions;
  const { address, localAddress } = way;
  return { host: address, onread, ...(localAddress === undefined ? {} : { localAddress }) } as tls.ConnectionOptions;
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
    socket.on('session', (latest) => {
      // Below TLS 1.3 `verify` has kept it. A new ticket replaces the one that was used, should that be there again.
      const isNew = this.#isVerified && socket.getProtocol() === 'TLSv1.3';
      if (isNew) sessions.put(this.#key, latest, this.#offered);
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
    // In TLS 1.3 not every server sends a new ticket with a resumed session: the old one stays until there is one.
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
