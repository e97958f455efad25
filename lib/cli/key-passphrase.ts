/** The passphrase of an encrypted key: from a file or a terminal, so that no list of processes and no history has it. */
import { readFileSync } from 'node:fs';
import { askSecret } from './ask-secret.js';
import { UsageError } from './command.js';
import { readTextFile } from './header-file.js';

export interface KeyValues {
  readonly key?: unknown;
  readonly 'passphrase-file'?: unknown;
}

/** What was given on the command line, else the first line of the file, else the answer on the terminal when it is needed. */
export async function findPassphrase(given: string | undefined, values: KeyValues): Promise<string | undefined> {
  const { key, 'passphrase-file': file } = values;
  if (typeof file === 'string') {
    if (given !== undefined) throw new UsageError('expected --passphrase or --passphrase-file, got both');
    return readTextFile(file, '--passphrase-file').split(/\r?\n/)[0];
  }
  if (given !== undefined || typeof key !== 'string' || !isEncrypted(key)) return given;
  return askSecret(`passphrase of ${key}`, 'use --passphrase-file FILE');
}

/** What cannot be read is complained about where it is used. */
function isEncrypted(path: string): boolean {
  try {
    return /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(readFileSync(path, 'latin1'));
  } catch {
    return false;
  }
}
