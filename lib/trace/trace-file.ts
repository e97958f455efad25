/** The file that a trace is written to: for its owner's eyes only, and never one that somebody else put in its place. */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { quote } from '../protocol/printable.js';

/** A file that cannot be written. The message is a sentence; `cause` is what the system said. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';

  constructor(file: string, problem: string, cause?: unknown) {
    super(`cannot write the trace to ${quote(file, 200)}: ${problem}`, { cause });
  }
}

// Not everywhere: a platform without symbolic links in this sense has no flag against them.
const { O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDWR } = constants as Partial<typeof constants> & typeof constants;

/**
 * Opens a file for reading and writing, emptied. A new one has mode 0600; the mode of one that exists becomes that.
 *
 * @throws {TraceFileError} for a missing folder, a symbolic link, what is not a regular file, and a file whose mode
 *   cannot be changed, because it belongs to another user
 */
export function openTraceFile(file: string): number {
  let fd: number;
  try {
    // Emptied below only: it may turn out to be a file that must not be written. Nobody waits for the reader of a pipe.
    fd = openSync(file, O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    throw new TraceFileError(file, problemOf(error as NodeJS.ErrnoException, file), error);
  }
  try {
    if (!fstatSync(fd).isFile()) throw new TraceFileError(file, 'it is not a regular file');
    if (process.platform !== 'win32') tighten(fd, file);
    ftruncateSync(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function tighten(fd: number, file: string): void {
  if ((fstatSync(fd).mode & 0o077) === 0) return;
  try {
    fchmodSync(fd, 0o600);
  } catch (error) {
    throw new TraceFileError(file, 'others may read it, and its mode cannot be changed', error);
  }
}

function problemOf({ code, message }: NodeJS.ErrnoException, file: string): string {
  switch (code) {
    case 'ENOENT':
      return `there is no folder ${quote(path.dirname(file), 200)}`;
    case 'ENOTDIR':
      return `${quote(path.dirname(file), 200)} is not a folder`;
    case 'ELOOP':
    case 'EMLINK': // FreeBSD
      return 'it is a symbolic link, and those are not followed';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
    case 'ERR_ACCESS_DENIED': // Node's permission model
      return 'there is no permission for it';
    case 'ENXIO':
      return 'it is not a regular file';
    default:
      return message;
  }
}
