/** What a program may want to know of an open connection's link: its ends, and what TLS came to. */
import type { Socket } from 'node:net';
import type { Certificate, PeerCertificate, TLSSocket } from 'node:tls';

/** The ends of the TCP connection: those of the proxy, when there is one. Nothing of it for a local socket. */
export interface LinkFacts {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** What TLS came to. */
export interface TlsLinkFacts {
  /** `TLSv1.3`, … */
  readonly version: string;
  /** By its name in the standard: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** Whether the server's certificate was verified: not, where `skipServerCertVerification` accepts any. */
  readonly authorized: boolean;
  /** Why it would not have been accepted. */
  readonly authorizationError: string | undefined;
  /** Whether the session of an earlier connection was resumed. */
  readonly resumed: boolean;
  /** The server's. */
  readonly certificate: ServerCertificate | undefined;
}

/** A server's certificate. */
export interface ServerCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** The names that it is for: `DNS:example.com`, `IP Address:127.0.0.1`. */
  readonly names: readonly string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
}

export function linkFacts({ remoteAddress, remotePort, localAddress, localPort }: Socket): LinkFacts {
  return { remoteAddress, remotePort, localAddress, localPort };
}

/** @returns `undefined` for a link without TLS */
export function tlsLinkFacts(socket: Socket): TlsLinkFacts | undefined {
  if (!('getCipher' in socket)) return undefined;
  const secure = socket as TLSSocket;
  const error = secure.authorizationError as Error | string | null | undefined;
  return {
    version: secure.getProtocol() ?? '',
    cipher: secure.getCipher()?.standardName ?? '',
    authorized: secure.authorized,
    authorizationError: error instanceof Error ? error.message : (error ?? undefined),
    resumed: secure.isSessionReused(),
    certificate: certificateOf(secure.getPeerCertificate()),
  };
}

function certificateOf(certificate: Partial<PeerCertificate> | null): ServerCertificate | undefined {
  if (certificate?.fingerprint256 === undefined) return undefined;
  const { subject, issuer, subjectaltname, valid_from, valid_to, fingerprint256 } = certificate as PeerCertificate;
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    names: subjectaltname?.split(', ') ?? [],
    validFrom: new Date(valid_from),
    validTo: new Date(valid_to),
    fingerprint: fingerprint256,
  };
}

/** `CN=example.com, O=Example`. */
function nameOf(name: Certificate | undefined): string {
  return Object.entries(name ?? {})
    .flatMap(([key, values]) => [values ?? []].flat().map((value) => `${key}=${value}`))
    .join(', ');
}
