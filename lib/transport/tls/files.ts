/** The PEM files that the options name: read when connecting, checked before anything is sent. */
import fs, { type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { type OptionName, option, type Sentence, sentence } from '../../protocol/sentence.js';
import { FailureError, isPermissionDenied } from '../failure.js';
import type { PemText } from './client-cert.js';
import { KnownFiles } from './known-files.js';
import {
  type ClientIdentity,
  certificateForm,
  certificatesIn,
  checkAuthority,
  identityOf,
  type PemSource,
  textOf,
  unusable,
} from './pem.js';
import { FileKindError, readRegularFile, stat } from './regular-file.js';

const knownFiles = new KnownFiles();

/**
 * Reads the CAs of a PEM file, or of all PEM files of a directory; what is no certificate is left out.
 *
 * @throws {FailureError} there is no such path, it may not be read, or no certificate is in it
 */
export async function readAuthorities(caPath: string): Promise<string[]> {
  const stats = await attempt('caPath', caPath, () => stat(caPath));
  const isDirectory = stats.isDirectory();
  const certificates = isDirectory ? await readDirectory(caPath) : certificatesIn(await known(caPath, stats));
  if (certificates.length === 0) {
    const what = isDirectory ? 'no file of the directory holds one' : 'found none';
    throw unusable('caPath', sentence`expected certificates in PEM form ${certificateForm}, ${what}: ${caPath}`);
  }
  for (const text of certificates) checkAuthority({ option: 'caPath', text, path: caPath });
  return certificates;
}

/** A client certificate and its key, each given by a file or as PEM. */
export type ClientCertPlan = (
  | { readonly certPath: string; readonly cert?: undefined }
  | { readonly cert: PemText; readonly certPath?: undefined }
) &
  ({ readonly keyPath: string; readonly key?: undefined } | { readonly key: PemText; readonly keyPath?: undefined }) & {
    readonly keyPassword?: string;
  };

/**
 * Reads a client certificate and its key.
 *
 * @throws {FailureError} a file is missing or may not be read, or the two cannot be used together
 */
export async function readClientIdentity(given: ClientCertPlan): Promise<ClientIdentity> {
  const [cert, key] = await Promise.all([
    source('clientCert.cert', given.cert, given.certPath),
    source('clientCert.key', given.key, given.keyPath),
  ]);
  return identityOf(cert, key, given.keyPassword);
}

async function source(
  name: 'clientCert.cert' | 'clientCert.key',
  pem: PemText | undefined,
  path: string | undefined,
): Promise<PemSource> {
  if (path === undefined) return { option: name, text: textOf(pem!) };
  const option = `${name}Path` as const;
  return { option, text: await read(option, path), path };
}

async function readDirectory(path: string): Promise<string[]> {
  const found = new Set<string>();
  for (const name of (await attempt('caPath', path, () => readdir(path))).sort()) {
    const file = join(path, name);
    // Dangling links, subdirectories, FIFOs and the like are no files of this directory.
    const stats = await stat(file).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    // A directory made by `openssl rehash` holds a link beside each file: the same certificate is needed once.
    for (const certificate of certificatesIn(await known(file, stats))) found.add(certificate);
  }
  return [...found];
}

// Not that of node:fs/promises: where the permission model forbids it, Node 20.19 ends the process.
function readdir(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    fs.readdir(path, (error, names) => (error === null ? resolve(names) : reject(error)));
  });
}

/** Not for keys: the text of a key is dropped as soon as it can be. */
function known(path: string, stats: BigIntStats): Promise<string> {
  return attempt('caPath', path, () => knownFiles.read(path, stats));
}

function read(name: OptionName, path: string): Promise<string> {
  return attempt(name, path, () => readRegularFile(path));
}

async function attempt<T>(name: OptionName, path: string, access: () => Promise<T>): Promise<T> {
  try {
    return await access();
  } catch (cause) {
    const { name: kind, code = kind === 'Error' ? 'unknown error' : kind } = cause as NodeJS.ErrnoException;
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

/** Files are read before anything is sent. */
function fileError(
  kind: 'file-missing' | 'permission',
  name: OptionName,
  problem: Sentence,
  cause: unknown,
): FailureError {
  const text = sentence`the option ${option(name)}: ${problem}`;
  const common = { option: name, sentence: text, status: 0, attempted: false, cause };
  return new FailureError(kind === 'permission' ? { kind, ...common } : { kind, ...common });
}
