/** Frames as a generator makes them: every part can be made wrong before they become bytes. */
import { Buffer } from 'node:buffer';
import { frame } from '../peer/frames.js';
import type { Random } from './random.js';

export interface WireFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  /** `undefined`: not masked. */
  readonly key: Buffer | undefined;
  /** 7, 16 or 64. */
  readonly lengthBits: number;
  /** What the header says. */
  readonly length: bigint;
  /** Not masked yet. */
  readonly payload: Buffer;
}

export function wireFrame(opcode: number, payload: Buffer, more: Partial<WireFrame> = {}): WireFrame {
  const { length } = payload;
  const lengthBits = length < 126 ? 7 : length < 65536 ? 16 : 64;
  return { fin: true, rsv: 0, opcode, key: undefined, lengthBits, length: BigInt(length), payload, ...more };
}

export function encodeFrame({ opcode, payload, ...parts }: WireFrame): Buffer {
  return frame(opcode, payload, parts);
}

const lengths = [
  ...[0n, 1n, 125n, 126n, 127n, 65535n, 65536n, 2n ** 31n, 2n ** 32n],
  ...[2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
];

/** Changes one part of one frame, or the order of frames. */
export function mutateFrames(random: Random, frames: readonly WireFrame[]): WireFrame[] {
  const at = random.below(frames.length);
  const one = frames[at]!;
  const replaced = (...others: WireFrame[]): WireFrame[] => frames.toSpliced(at, 1, ...others);
  const changed = (more: Partial<WireFrame>): WireFrame[] => replaced({ ...one, ...more });
  switch (random.below(11)) {
    case 0:
      return changed({ fin: !one.fin });
    case 1:
      return changed({ rsv: random.below(8) });
    case 2:
      return changed({ opcode: random.below(16) });
    case 3:
      return changed({ key: one.key === undefined ? random.bytes(4) : undefined });
    case 4:
      return changed({ lengthBits: random.pick([7, 16, 64]) });
    case 5:
      return changed({ length: random.pick(lengths), lengthBits: random.pick([7, 16, 64, 64]) });
    case 6:
      return replaced(one, one);
    case 7:
      return frames.length > 1 ? replaced() : changed({ fin: !one.fin });
    case 8: {
      const other = random.below(frames.length);
      return frames.map((each, index) => (index === at ? frames[other]! : index === other ? one : each));
    }
    case 9:
      return changed({ payload: mutateBytes(random, one.payload) });
    default: {
      // A frame of another size, honestly announced.
      const { fin, rsv, key } = one;
      return replaced(wireFrame(one.opcode, mutateBytes(random, one.payload), { fin, rsv, key }));
    }
  }
}

/** Changes bytes: one of them, a part left out, repeated or replaced, the end cut off. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const size = 1 + random.below(random.pick([2, 8, 64]));
  const before = bytes.subarray(0, at);
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, bytes.subarray(at + size)]);
    case 1:
      return Buffer.concat([before, bytes.subarray(at, at + size), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([before, random.bytes(size), bytes.subarray(at + size)]);
    case 3:
      return Buffer.concat([before, random.bytes(size), bytes.subarray(at)]);
    case 4:
      return Buffer.from(before);
    default: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
      return copy;
    }
  }
}
