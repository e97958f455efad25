/** Writing that is done when it returns, so that a crash of the program loses nothing that was written. */
import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import { pause } from './pause.js';

/**
 * Writes everything. `at`: where in the file; default: where the last write ended.
 *
 * @throws what `fs.writeSync` throws, except for a full pipe: that is waited for
 */
export function writeAllSync(fd: number, text: string | Uint8Array, at?: number): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done, bytes.length - done, at === undefined ? null : at + done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      pause();
    }
  }
}
