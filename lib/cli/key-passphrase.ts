/** The passphrase of an encrypted key: from a file or a terminal, so that no list of processes and no history has it. */
import { readFileSync } from 'node:fs';
import { askSecret } from './ask-secret.js';
import { UsageError } from './command.js';
import { readTextFile } from './header-file.js';

/**
 * What was given on the command line, else the first line of the file, else the answer on the terminal when it is needed.
 *
 * @throws {UsageError}
 */
export async function findPassphrase(
  given: string | undefined,
  key: unknown,
  file: unknown,
  fileOption: string,
): Promise<string | undefined> {
  if (typeof file === 'string') {
    if (given !== undefined)
      throw new UsageError(`expected ${fileOption.replace(/-file$/, '')} or ${fileOption}, got both`);
    return readTextFile(file, fileOption).split(/\r?\n/)[0];
  }
  if (given !== undefined || typeof key !== 'string' || !isEncrypted(key)) return given;
  return askSecret(`passphrase of ${key}`, `use ${fileOption} FILE`);
}

/** What cannot be read is complained about where it is used. */
function isEncrypted(path: string): boolean {
  try {
    return /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(readFileSync(path, 'latin1'));
  } catch {
    return false;
  }
}
