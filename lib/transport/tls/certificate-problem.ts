/** Why a server's certificate is not accepted, in words that a person can act on. */
import { isIP } from 'node:net';
import type { DetailedPeerCertificate } from 'node:tls';
import { printable, quote, shorten } from '../../protocol/printable.js';
import { option, type Sentence, sentence } from '../../protocol/sentence.js';

/**
 * @param code what OpenSSL or the check of the host name found, e.g. `CERT_HAS_EXPIRED`
 * @param who whose certificate it is, e.g. `the server`
 * @param certificate with the chain that the server sent
 */
export function describeRefusedCertificate(
  code: string,
  who: string,
  host: string,
  certificate: DetailedPeerCertificate,
): Sentence {
  const whose = `the certificate of ${who}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED': {
      const expired = chain(certificate).find(({ valid_to: end }) => Date.parse(end) < Date.now()) ?? certificate;
      return sentence`${named(expired, certificate, whose)} expired on ${expired.valid_to}`;
    }
    case 'CERT_NOT_YET_VALID': {
      const early = chain(certificate).find(({ valid_from: start }) => Date.parse(start) > Date.now()) ?? certificate;
      return sentence`${named(early, certificate, whose)} is not valid before ${early.valid_from}: is the clock right?`;
    }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      // RFC 6125 §6.2.1: an address is looked for among the addresses of a certificate only.
      if (isIP(host) !== 0 && namedAs(host, certificate) !== undefined) {
        return sentence`${whose} names ${host} as ${namedAs(host, certificate)!}, not as an IP address`;
      }
      return sentence`${whose} is not for ${host}: it is for ${names(certificate)}`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return sentence`${whose} is self-signed: to trust it, give its PEM file in the option ${option('caPath')}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return sentence`${whose} comes from a CA that is not trusted (${rootName(certificate)}): to trust it, give its PEM file in the option ${option('caPath')}`;
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return sentence`${whose} was issued by an unknown CA (${rootName(certificate)}): give that CA in the option ${option('caPath')}, or have ${who} send its intermediate certificates`;
    case 'CERT_REVOKED':
      return sentence`${whose} was revoked`;
    case 'INVALID_PURPOSE':
      return sentence`${whose} is not meant for a server`;
    default:
      return sentence`${whose} was refused (${code})`;
  }
}

/** The certificate and its issuers, as far as they came; a root is its own issuer. */
function chain(certificate: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const all: DetailedPeerCertificate[] = [];
  let at: DetailedPeerCertificate | undefined = certificate;
  for (; at !== undefined && !all.includes(at); at = at.issuerCertificate as typeof at | undefined) all.push(at);
  return all;
}

function named(one: DetailedPeerCertificate, leaf: DetailedPeerCertificate, whose: string): string {
  return one === leaf ? whose : `the CA ${commonName(one.subject)}, which ${whose} depends on,`;
}

/** The issuer at the end of the chain that came: the one that would have to be trusted. */
function rootName(certificate: DetailedPeerCertificate): string {
  return commonName(chain(certificate).at(-1)!.issuer);
}

function commonName(name: DetailedPeerCertificate['subject']): string {
  return quote(String(name?.CN ?? name?.O ?? 'without a name'));
}

/** How a certificate names an address that it does not name as one. */
function namedAs(host: string, { subject, subjectaltname }: DetailedPeerCertificate): string | undefined {
  if (subjectaltname?.split(', ').includes(`DNS:${host}`)) return 'a DNS name';
  return subjectaltname === undefined && subject?.CN === host ? 'its common name' : undefined;
}

/** `DNS:a, IP Address:b` -> `a, b`, at most ten; the common name when there are none. */
function names(certificate: DetailedPeerCertificate): string {
  const all = (certificate.subjectaltname ?? '')
    .split(', ')
    .map((name) => printable(shorten(name.replace(/^(DNS|IP Address|URI):/, ''), 60)));
  if (all[0] === '') return commonName(certificate.subject);
  return all.length > 10 ? `${all.slice(0, 10).join(', ')} and ${all.length - 10} more` : all.join(', ');
}
