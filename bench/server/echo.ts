import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { FrameBlock, frame, headerSize } from '../wire.js';
import type { Mode } from './mode.js';

/** How many masked, unfragmented frames of this opcode and size the chunk begins with, and where they end. */
function wholeFrames(chunk: Buffer, opcode: number, size: number): { count: number; end: number } {
  const first = 0x80 | opcode;
  const second = 0x80 | (size < 126 ? size : size < 65536 ? 126 : 127);
  const total = headerSize(size) + 4 + size;
  let count = 0;
  let at = 0;
  for (; size > 0 && at + total <= chunk.length && chunk[at] === first && chunk[at + 1] === second; at += total) {
    if (size > 125 && chunk.readUIntBE(at + (size < 65536 ? 2 : 4), size < 65536 ? 2 : 6) !== size) break;
    count++;
  }
  return { count, end: at };
}

/**
 * Answers every frame with the same payload, unmasked; all answers to one chunk leave with one write.
 *
 * A benchmark repeats one message, so the first one is unmasked and its answer kept: a later frame of the same opcode
 * and length
 * gets the kept answer and its payload is skipped, which makes the server cheap enough not to be what is measured.
 */
export function echo(socket: Socket): Mode {
  let carried: Buffer | undefined;
  let opcode = 0;
  let size = 0;
  let left = 0;
  let learning: Buffer | undefined;
  let key: Buffer = Buffer.alloc(0);
  let known: FrameBlock | undefined;
  let knownOpcode = -1;
  let knownSize = -1;

  const finished = (): void => {
    if (learning === undefined) return;
    for (let i = 0; i < size; i++) learning[i]! ^= key[i & 3]!;
    known = new FrameBlock(frame(opcode, learning, false), size > 65536 ? 0 : 256 * 1024);
    knownOpcode = opcode;
    knownSize = size;
    learning = undefined;
  };

  return {
    data(piece: Buffer): void {
      const chunk = carried === undefined ? piece : Buffer.concat([carried, piece]);
      carried = undefined;
      let at = 0;
      let answers = 0;
      const answer = (): void => {
        if (answers > 0) known?.write(socket, answers);
        answers = 0;
      };
      if (left === 0) {
        const whole = wholeFrames(chunk, knownOpcode, knownSize);
        answers = whole.count;
        at = whole.end;
      }
      for (;;) {
        if (left > 0) {
          const now = Math.min(left, chunk.length - at);
          if (learning !== undefined) chunk.copy(learning, size - left, at, at + now);
          at += now;
          left -= now;
          if (left > 0) break;
          finished();
          answers++;
        }
        const available = chunk.length - at;
        if (available < 2) break;
        const second = chunk[at + 1]! & 0x7f;
        const head = 6 + (second === 126 ? 2 : second === 127 ? 8 : 0);
        if (available < head) break;
        const first = chunk[at]!;
        if ((first & 0x0f) === 8) {
          answer();
          socket.end(frame(8, Buffer.from([3, 232]), false));
          return;
        }
        if ((first & 0x80) === 0)
          throw new Error("the benchmark wants unfragmented messages: switch the client's fragmentation off");
        size =
          second === 126 ? chunk.readUInt16BE(at + 2) : second === 127 ? Number(chunk.readBigUInt64BE(at + 2)) : second;
        opcode = first & 0x0f;
        left = size;
        if (opcode !== knownOpcode || size !== knownSize) {
          answer();
          key = Buffer.from(chunk.subarray(at + head - 4, at + head));
          learning = Buffer.alloc(size);
        }
        at += head;
        if (left === 0) {
          finished();
          answers++;
        }
      }
      answer();
      if (at < chunk.length) carried = Buffer.from(chunk.subarray(at));
    },
  };
}
