import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Kind } from '../payload.js';
import { opcodeOf, payload } from '../payload.js';
import { frame } from '../wire.js';
import type { Mode } from './mode.js';

const atLeastBytes = 256 * 1024;
const blocks = new Map<string, Buffer>();

/** Frames with different contents back to back, made once for each kind and size. */
export function blockOf(kind: Kind, size: number): Buffer {
  const name = `${kind} ${size}`;
  let block = blocks.get(name);
  if (block === undefined) {
    const frames: Buffer[] = [];
    let bytes = 0;
    for (let seed = 1; bytes < atLeastBytes; seed++) {
      const one = frame(opcodeOf(kind), payload(kind, size, seed), false);
      frames.push(one);
      bytes += one.length;
    }
    block = Buffer.concat(frames);
    blocks.set(name, block);
  }
  return block;
}

/** Sends the block without end and as fast as the client reads, from the client's first byte on. */
export function source(socket: Socket, block: Buffer): Mode {
  let started = false;
  const fill = (): void => {
    while (socket.writable && socket.write(block));
  };
  return {
    data(): void {
      if (started) return;
      started = true;
      socket.on('drain', fill);
      fill();
    },
  };
}
