import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { frame } from '../wire.js';
import type { Mode } from './mode.js';

/**
 * Counts bytes, nothing else, so that it is never what is measured. Every message of a run has the same size on the
 * wire, so bytes count messages.
 * After every lap of `lapBytes` it sends the number of laps so far as a text message.
 */
export function sink(socket: Socket, lapBytes: number): Mode {
  let bytes = 0;
  let laps = 0;
  return {
    data(chunk: Buffer): void {
      bytes += chunk.length;
      const complete = Math.floor(bytes / lapBytes);
      if (complete > laps) {
        laps = complete;
        socket.write(frame(1, Buffer.from(String(laps)), false));
      }
    },
  };
}
