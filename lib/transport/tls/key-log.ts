/** The secrets of TLS connections, for Wireshark: a file in the format of `SSLKEYLOGFILE` (RFC 9850), off unless asked for. */
import type { Buffer } from 'node:buffer';
import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import process from 'node:process';
import type { TLSSocket } from 'node:tls';
import { quote } from '../../protocol/printable.js';

// A platform without symbolic links in this sense has no flag against them.
const {
  O_APPEND,
  O_CREAT,
  O_NOFOLLOW = 0,
  O_NONBLOCK = 0,
  O_WRONLY,
} = constants as Partial<typeof constants> & typeof constants;

/**
 * Appends the secrets of a connection to a file, whose mode becomes 0600. When that is not possible a warning says why,
 * and the connection goes on.
 */
export function logKeys(socket: TLSSocket, file: string): void {
  const append = (line: Buffer): void => {
    try {
      appendPrivately(file, line);
    } catch (error) {
      socket.off('keylog', append);
      const why = `TLS secrets cannot be written to ${quote(file, 200)}: ${(error as Error).message}`;
      process.emitWarning(why, 'OhosWebSocketKeyLog');
    }
  };
  socket.on('keylog', append);
}

function appendPrivately(file: string, line: Buffer): void {
  const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) fchmodSync(fd, 0o600);
    // One write a line: other programs append to the same file.
    writeSync(fd, line);
  } finally {
    closeSync(fd);
  }
}
