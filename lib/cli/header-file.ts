/** Fields of a request from a file, where no list of processes shows them. */
import { readFileSync } from 'node:fs';
import { UsageError } from './command.js';

/** One field a line, `NAME: VALUE`; empty lines and those that begin with `#` are skipped. @throws {UsageError} */
export function readHeaderFile(path: string, option: string): string[] {
  const lines = readTextFile(path, option).split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    // Without what is there: it may be a credential.
    if (line.indexOf(':') < 1) throw new UsageError(`line ${index + 1} of ${option} is not NAME: VALUE`);
    return [line];
  });
}

/** @throws {UsageError} */
export function readTextFile(path: string, option: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new UsageError(`${option} cannot be read: ${(error as Error).message}`);
  }
}
