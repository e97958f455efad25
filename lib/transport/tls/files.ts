/** The PEM files that the options name: read when connecting, checked before anything is sent. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import fs, { type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DialError } from '../dial/dial-error.js';
import { isPermissionDenied } from '../failure.js';
import type { ClientCert } from './client-cert.js';

/** A client certificate and its key, as `tls.createSecureContext` takes them. */
export interface ClientIdentity {
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
}

const certificatePem = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;
const certificateForm = '("-----BEGIN CERTIFICATE-----")';
const keyForm = '("-----BEGIN PRIVATE KEY-----")';
const keyPem = /-----BEGIN ((?:\w+ )*PRIVATE KEY)-----[^]*?-----END \1-----/;

/**
 * Reads the CAs of a PEM file, or of all PEM files of a directory; what is no certificate is left out.
 *
 * @throws {DialError} there is no such path, it may not be read, or no certificate is in it
 */
export async function readAuthorities(caPath: string): Promise<string[]> {
  const isDirectory = await attempt('caPath', caPath, async () => (await stat(caPath)).isDirectory());
  const certificates = isDirectory ? await readDirectory(caPath) : certificatesOf(await read('caPath', caPath));
  if (certificates.length === 0) {
    const what = isDirectory ? 'no file of the directory holds one' : 'found none';
    const expected = `expected certificates in PEM form ${certificateForm}`;
    throw new DialError(`the option caPath: ${expected}, ${what}: ${caPath}`, {});
  }
  for (const certificate of certificates) checkCertificate('caPath', caPath, certificate);
  return certificates;
}

/**
 * Reads a client certificate and its key.
 *
 * @throws {DialError} a file is missing or may not be read, or the two cannot be used together
 */
export async function readClientIdentity(clientCert: ClientCert): Promise<ClientIdentity> {
  const { certPath, keyPath, keyPassword } = clientCert;
  const [cert, keyFile] = await Promise.all([
    read('clientCert.certPath', certPath),
    read('clientCert.keyPath', keyPath),
  ]);
  const leaf = certificatesOf(cert)[0];
  if (leaf === undefined) {
    throw new DialError(
      `the option clientCert.certPath: expected a certificate in PEM form ${certificateForm}, found none: ${certPath}`,
      {},
    );
  }
  const certificate = checkCertificate('clientCert.certPath', certPath, leaf);
  const key = keyPem.exec(keyFile)?.[0];
  if (key === undefined) {
    throw new DialError(
      `the option clientCert.keyPath: expected a private key in PEM form ${keyForm}, found none: ${keyPath}`,
      {},
    );
  }
  checkKey(certificate, key, clientCert);
  return { cert, key, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) };
}

async function readDirectory(path: string): Promise<string[]> {
  const found = new Set<string>();
  for (const name of (await attempt('caPath', path, () => readdir(path))).sort()) {
    const file = join(path, name);
    // Dangling links and subdirectories are no files of this directory.
    const isFile = await stat(file).then(
      (entry) => entry.isFile(),
      () => false,
    );
    // A directory made by `openssl rehash` holds a link beside each file: the same certificate is needed once.
    if (isFile) for (const certificate of certificatesOf(await read('caPath', file))) found.add(certificate);
  }
  return [...found];
}

function certificatesOf(text: string): string[] {
  return text.match(certificatePem) ?? [];
}

function checkCertificate(option: string, path: string, certificate: string): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch (cause) {
    throw new DialError(`the option ${option}: the file holds a certificate that is damaged: ${path}`, { cause });
  }
}

function checkKey(certificate: X509Certificate, key: string, { certPath, keyPath, keyPassword }: ClientCert): void {
  const isEncrypted = key.includes('ENCRYPTED');
  let privateKey;
  try {
    privateKey = createPrivateKey({ key, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) });
  } catch (cause) {
    // A wrong passphrase shows as bad padding, or now and then as a key that decrypted to nonsense.
    const problem = !isEncrypted
      ? 'the key is damaged or of an unsupported kind'
      : keyPassword === undefined
        ? 'the key is encrypted: give its passphrase in clientCert.keyPassword'
        : 'the key could not be decrypted: clientCert.keyPassword is wrong, or the cipher is not supported';
    throw new DialError(`the option clientCert.keyPath: ${problem}: ${keyPath}`, { cause });
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new DialError(`the option clientCert: the key ${keyPath} does not belong to the certificate ${certPath}`, {});
  }
}

// Not those of node:fs/promises: where the permission model forbids them, Node 20.19 ends the process.
function stat(path: string): Promise<Stats> {
  return new Promise((resolve, reject) => {
    fs.stat(path, (error, stats) => (error === null ? resolve(stats) : reject(error)));
  });
}

function readdir(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    fs.readdir(path, (error, names) => (error === null ? resolve(names) : reject(error)));
  });
}

function read(option: string, path: string): Promise<string> {
  return attempt(option, path, () => readFile(path, 'latin1'));
}

async function attempt<T>(option: string, path: string, access: () => Promise<T>): Promise<T> {
  try {
    return await access();
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DialError(`the option ${option}: there is no such file: ${path}`, { code: 2302002, cause });
    }
    if (isPermissionDenied(cause)) {
      throw new DialError(`the option ${option}: not allowed to read it (${code}): ${path}`, { code: 201, cause });
    }
    throw new DialError(`the option ${option}: could not be read (${code}): ${path}`, { cause });
  }
}
