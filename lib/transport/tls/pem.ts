/** Certificates and keys in PEM form, whatever they came from: found, and checked before anything is sent. */
import { Buffer } from 'node:buffer';
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type OptionName, option, type Sentence, sentence } from '../../protocol/sentence.js';
import { FailureError } from '../failure.js';
import type { PemText } from './client-cert.js';

/** A client certificate and its key, as `tls.createSecureContext` takes them. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
}

/** Some text, the option that it is for, and the file that it came from, if it did. */
export interface PemSource {
  readonly option: OptionName;
  readonly text: string;
  readonly path?: string | undefined;
}

const certificatePem = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;
export const certificateForm = '("-----BEGIN CERTIFICATE-----")';
const keyForm = '("-----BEGIN PRIVATE KEY-----")';
const keyPem = /-----BEGIN ((?:\w+ )*PRIVATE KEY)-----[^]*?-----END \1-----/;

export function certificatesIn(text: string): string[] {
  return text.match(certificatePem) ?? [];
}

/** As Latin-1: what is not ASCII is no part of a certificate. */
export function textOf(pem: PemText): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1');
}

/**
 * Takes the CAs that a program gave as PEM, or as the bytes of one certificate in DER form.
 *
 * @throws {FailureError} no certificate is in one of them, or a certificate is damaged
 */
export function authoritiesOf(given: readonly PemText[]): string[] {
  const each = given.map((one) => {
    const found = certificatesIn(textOf(one));
    return found.length === 0 && typeof one !== 'string' && one[0] === 0x30 ? [pemOf(one)] : found;
  });
  if (each.length === 0 || each.some((found) => found.length === 0)) {
    throw unusable('ca', sentence`expected certificates in PEM form ${certificateForm}, found none`);
  }
  const all = each.flat();
  for (const certificate of all) checkAuthority({ option: 'ca', text: certificate });
  return all;
}

function pemOf(der: Uint8Array): string {
  try {
    return new X509Certificate(der).toString();
  } catch (cause) {
    throw damaged({ option: 'ca', text: '' }, cause);
  }
}

/** CAs found sound lately: reading one takes a quarter of a millisecond, and a system has 140. */
const sound = new Set<string>();
const maxSound = 512;

/** @throws {FailureError} it is damaged */
export function checkAuthority(source: PemSource): void {
  if (sound.has(source.text)) return;
  checkCertificate(source);
  if (sound.size === maxSound) sound.clear();
  sound.add(source.text);
}

/** @throws {FailureError} it is damaged */
function checkCertificate(source: PemSource): X509Certificate {
  try {
    return new X509Certificate(source.text);
  } catch (cause) {
    throw damaged(source, cause);
  }
}

function damaged({ option: name, path }: PemSource, cause: unknown): FailureError {
  if (path === undefined) return unusable(name, ['it holds a certificate that is damaged'], cause);
  return unusable(name, sentence`the file holds a certificate that is damaged: ${path}`, cause);
}

/** @throws {FailureError} certificate or key are not there, damaged, or not made for each other */
export function identityOf(cert: PemSource, key: PemSource, password: string | undefined): ClientIdentity {
  const leaf = certificatesIn(cert.text)[0];
  if (leaf === undefined) {
    const problem = sentence`expected a certificate in PEM form ${certificateForm}, found none${shown(cert)}`;
    throw unusable(cert.option, problem);
  }
  const certificate = checkCertificate({ ...cert, text: leaf });
  const found = keyPem.exec(key.text)?.[0];
  if (found === undefined) {
    throw unusable(key.option, sentence`expected a private key in PEM form ${keyForm}, found none${shown(key)}`);
  }
  if (!certificate.checkPrivateKey(readKey(found, key, password))) {
    const paths = [key.path, cert.path].map((path) => (path === undefined ? '' : ` ${path}`));
    throw unusable('clientCert', sentence`the key${paths[0]!} does not belong to the certificate${paths[1]!}`);
  }
  return { cert: cert.text, key: found, ...(password === undefined ? {} : { passphrase: password }) };
}

function readKey(key: string, source: PemSource, keyPassword: string | undefined): KeyObject {
  const isEncrypted = key.includes('ENCRYPTED');
  try {
    return createPrivateKey({ key, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) });
  } catch (cause) {
    // A wrong passphrase shows as bad padding, or now and then as a key that decrypted to nonsense.
    const password = option('clientCert.keyPassword');
    const problem = !isEncrypted
      ? sentence`the key is damaged or of an unsupported kind`
      : keyPassword === undefined
        ? sentence`the key is encrypted: give its passphrase in ${password}`
        : sentence`the key could not be decrypted: ${password} is wrong, or the cipher is not supported`;
    throw unusable(source.option, sentence`${problem}${shown(source)}`, cause);
  }
}

function shown({ path }: PemSource): string {
  return path === undefined ? '' : `: ${path}`;
}

/** Nothing has been sent yet. */
export function unusable(name: OptionName, problem: Sentence, cause?: unknown): FailureError {
  const text = sentence`the option ${option(name)}: ${problem}`;
  return new FailureError({ kind: 'file-unusable', option: name, sentence: text, status: 0, attempted: false, cause });
}
