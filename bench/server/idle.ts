import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { frame } from '../wire.js';
import type { Mode } from './mode.js';

/**
 * Does nothing until the client closes, then completes the closing handshake (RFC 6455 §5.5.1). Pings go unanswered.
 */
export function idle(socket: Socket): Mode {
  return {
    data(chunk: Buffer): void {
      if (chunk[0] === 0x88) socket.end(frame(8, Buffer.from([3, 232]), false));
    },
  };
}
