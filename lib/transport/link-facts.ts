/** What a program may want to know of an open connection's link: its ends, and what TLS came to. */
import type { Socket } from 'node:net';
import type { Certificate, PeerCertificate, TLSSocket } from 'node:tls';
import type { LinkFacts, ServerCertificate, TlsLinkFacts } from './link-types.js';

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
