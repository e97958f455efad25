import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { frame } from '../../spec/peer/frames.js';
import { payload } from '../payload.js';
import { FrameCounter } from './frame-counter.js';
import type { Mode } from './mode.js';

const window = 32 * 1024;
const atLeastBytes = 128 * 1024;
const made = new Map<number, Buffer[]>();

/**
 * Frames of a feed: JSON texts compressed one after the other with one context (RFC 7692 §7.2.1), made once for each
 * size. The first one refers to nothing before it, so that they can be sent over and over in one connection.
 */
export function compressedFrames(size: number): readonly Buffer[] {
  let frames = made.get(size);
  if (frames === undefined) {
    frames = [];
    let plain: Buffer = Buffer.alloc(0);
    for (let seed = 1; seed * size < atLeastBytes || seed <= 64; seed++) {
      const text = payload('json', size, seed);
      const dictionary = plain.length === 0 ? {} : { dictionary: plain.subarray(-window) };
      const data = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH, ...dictionary });
      frames.push(frame(1, data.subarray(0, -4), { rsv: 4 }));
      plain = Buffer.concat([plain, text]).subarray(-window);
    }
    made.set(size, frames);
  }
  return frames;
}

const closing = frame(8, Buffer.from([3, 232]));

/** Answers each message with the next one of the feed, those to one chunk with one write; inflates nothing. */
export function feed(socket: Socket, size: number): Mode {
  const frames = compressedFrames(size);
  const counter = new FrameCounter();
  let next = 0;
  return {
    data(chunk: Buffer): void {
      const answers: Buffer[] = [];
      for (let left = counter.count(chunk); left > 0; left--) answers.push(frames[next++ % frames.length]!);
      if (answers.length > 0) socket.write(answers.length === 1 ? answers[0]! : Buffer.concat(answers));
      if (counter.closed) socket.end(closing);
    },
  };
}

/** Counts messages, whose compressed sizes differ: after every `lap` of them it says how many laps it has seen. */
export function countingSink(socket: Socket, lap: number): Mode {
  const counter = new FrameCounter();
  let messages = 0;
  let laps = 0;
  return {
    data(chunk: Buffer): void {
      messages += counter.count(chunk);
      const complete = Math.floor(messages / lap);
      if (complete > laps) {
        laps = complete;
        socket.write(frame(1, String(laps)));
      }
      if (counter.closed) socket.end(closing);
    },
  };
}
