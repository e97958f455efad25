/**
 * Reads a small regular file, and nothing else: a FIFO without a writer would hold a thread of the pool for good, and
 * `/dev/zero` never ends.
 */
import { Buffer } from 'node:buffer';
import fs, { type BigIntStats, constants, type Stats } from 'node:fs';

/** Bytes: some twenty times the bundle of all the CAs of a system. */
export const maxFileSize = 4 * 2 ** 20;

/** What is there cannot be what was meant; the message has no subject. */
export class FileKindError extends Error {
  override readonly name = 'FileKindError';
}

/**
 * @returns the bytes as Latin-1
 * @throws {FileKindError} it is not a regular file, or larger than `maxFileSize`
 * @throws {Error} of the system, with its `code`
 */
export async function readRegularFile(path: string): Promise<string> {
  // Some devices do something when they are opened, so the path is looked at first; what counts is what was opened.
  checkKind(await stat(path));
  const handle = await open(path);
  try {
    checkKind(await statHandle(handle));
    return await readAll(handle);
  } finally {
    fs.close(handle, () => {});
  }
}

function checkKind(stats: Pick<Stats, 'isDirectory' | 'isFile'>): void {
  if (stats.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
  if (!stats.isFile()) throw new FileKindError('is not a regular file');
}

async function readAll(handle: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65536);
    const count = await read(handle, chunk);
    if (count === 0) return Buffer.concat(chunks, size).toString('latin1');
    size += count;
    if (size > maxFileSize) throw new FileKindError(`is larger than ${maxFileSize / 2 ** 20} MiB`);
    chunks.push(chunk.subarray(0, count));
  }
}

// Not those of node:fs/promises: where the permission model forbids them, Node 20.19 ends the process.
export function stat(path: string): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    fs.stat(path, { bigint: true }, (error, stats) => (error === null ? resolve(stats) : reject(error)));
  });
}

/** Without waiting for a writer, should it be a FIFO by now. */
function open(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    fs.open(path, flags, (error, handle) => (error === null ? resolve(handle) : reject(error)));
  });
}

function statHandle(handle: number): Promise<Stats> {
  return new Promise((resolve, reject) => {
    fs.fstat(handle, (error, stats) => (error === null ? resolve(stats) : reject(error)));
  });
}

function read(handle: number, buffer: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(handle, buffer, 0, buffer.length, null, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}
