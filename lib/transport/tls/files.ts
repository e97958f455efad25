/** The PEM files that the options name: read when connecting, checked before anything is sent. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { type OptionName, option, type Sentence, sentence } from '../../protocol/sentence.js';
import { FailureError, isPermissionDenied } from '../failure.js';
import type { ClientCert } from './client-cert.js';
import { FileKindError, readRegularFile, stat } from './regular-file.js';

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
 * @throws {FailureError} there is no such path, it may not be read, or no certificate is in it
 */
export async function readAuthorities(caPath: string): Promise<string[]> {
  const isDirectory = await attempt('caPath', caPath, async () => (await stat(caPath)).isDirectory());
  const certificates = isDirectory ? await readDirectory(caPath) : certificatesOf(await read('caPath', caPath));
  if (certificates.length === 0) {
    const what = isDirectory ? 'no file of the directory holds one' : 'found none';
    throw unusable('caPath', sentence`expected certificates in PEM form ${certificateForm}, ${what}: ${caPath}`);
  }
  for (const certificate of certificates) checkCertificate('caPath', caPath, certificate);
  return certificates;
}

/**
 * Reads a client certificate and its key.
 *
 * @throws {FailureError} a file is missing or may not be read, or the two cannot be used together
 */
export async function readClientIdentity(clientCert: ClientCert): Promise<ClientIdentity> {
  const { certPath, keyPath, keyPassword } = clientCert;
  const [cert, keyFile] = await Promise.all([
    read('clientCert.certPath', certPath),
    read('clientCert.keyPath', keyPath),
  ]);
  const leaf = certificatesOf(cert)[0];
  if (leaf === undefined) {
    const problem = sentence`expected a certificate in PEM form ${certificateForm}, found none: ${certPath}`;
    throw unusable('clientCert.certPath', problem);
  }
  const certificate = checkCertificate('clientCert.certPath', certPath, leaf);
  const key = keyPem.exec(keyFile)?.[0];
  if (key === undefined) {
    const problem = sentence`expected a private key in PEM form ${keyForm}, found none: ${keyPath}`;
    throw unusable('clientCert.keyPath', problem);
  }
  checkKey(certificate, key, clientCert);
  return { cert, key, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) };
}

async function readDirectory(path: string): Promise<string[]> {
  const found = new Set<string>();
  for (const name of (await attempt('caPath', path, () => readdir(path))).sort()) {
    const file = join(path, name);
    // Dangling links, subdirectories, FIFOs and the like are no files of this directory.
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

function checkCertificate(name: OptionName, path: string, certificate: string): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch (cause) {
    throw unusable(name, sentence`the file holds a certificate that is damaged: ${path}`, cause);
  }
}

function checkKey(certificate: X509Certificate, key: string, { certPath, keyPath, keyPassword }: ClientCert): void {
  const isEncrypted = key.includes('ENCRYPTED');
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) });
  } catch (cause) {
    // A wrong passphrase shows as bad padding, or now and then as a key that decrypted to nonsense.
    const password = option('clientCert.keyPassword');
    const problem = !isEncrypted
      ? sentence`the key is damaged or of an unsupported kind`
      : keyPassword === undefined
        ? sentence`the key is encrypted: give its passphrase in ${password}`
        : sentence`the key could not be decrypted: ${password} is wrong, or the cipher is not supported`;
    throw unusable('clientCert.keyPath', sentence`${problem}: ${keyPath}`, cause);
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable('clientCert', sentence`the key ${keyPath} does not belong to the certificate ${certPath}`);
  }
}

// Not that of node:fs/promises: where the permission model forbids it, Node 20.19 ends the process.
function readdir(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    fs.readdir(path, (error, names) => (error === null ? resolve(names) : reject(error)));
  });
}

function read(name: OptionName, path: string): Promise<string> {
  return attempt(name, path, () => readRegularFile(path));
}

async function attempt<T>(name: OptionName, path: string, access: () => Promise<T>): Promise<T> {
  try {
    return await access();
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw fileError('file-missing', name, sentence`there is no such file: ${path}`, cause);
    }
    if (cause instanceof FileKindError) throw unusable(name, sentence`${cause.message}: ${path}`);
    if (isPermissionDenied(cause)) {
      throw fileError('permission', name, sentence`not allowed to read it (${code}): ${path}`, cause);
    }
    throw unusable(name, sentence`could not be read (${code}): ${path}`, cause);
  }
}

function unusable(name: OptionName, problem: Sentence, cause?: unknown): FailureError {
  return fileError('file-unusable', name, problem, cause);
}

/** Files are read before anything is sent. */
function fileError(
  kind: 'file-missing' | 'file-unusable' | 'permission',
  name: OptionName,
  problem: Sentence,
  cause: unknown,
): FailureError {
  const text = sentence`the option ${option(name)}: ${problem}`;
  const common = { option: name, sentence: text, status: 0, attempted: false, cause };
  return new FailureError(kind === 'permission' ? { kind, ...common } : { kind, ...common });
}
