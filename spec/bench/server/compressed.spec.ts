import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { constants, inflateRawSync } from 'node:zlib';
import { payload } from '../../../bench/payload.js';
import { compressedFrames, countingSink, feed } from '../../../bench/server/compressed.js';
import { FrameCounter } from '../../../bench/server/frame-counter.js';
import { upgrade } from '../../../bench/server/upgrade.js';
import { frame, readFrame } from '../../peer/frames.js';

const key = Buffer.of(9, 8, 7, 6);

/** Stands for a socket: keeps what was written. */
class Written extends EventEmitter {
  readonly chunks: Buffer[] = [];
  ended = false;

  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return true;
  }

  end(chunk: Buffer): void {
    this.write(chunk);
    this.ended = true;
  }
}

describe('FrameCounter', () => {
  const bytes = Buffer.concat([0, 1, 125, 126, 70_000].map((size) => frame(1, Buffer.alloc(size), { key })));

  it('counts data frames wherever the bytes are cut', () => {
    for (const cut of [1, 3, 7, 64, 1000, bytes.length]) {
      const counter = new FrameCounter();
      let frames = 0;
      for (let at = 0; at < bytes.length; at += cut) frames += counter.count(bytes.subarray(at, at + cut));
      assert.equal(frames, 5, `cut every ${cut} bytes`);
      assert.equal(counter.closed, false);
    }
  });

  it('counts no control frame, and notices a Close', () => {
    const counter = new FrameCounter();
    assert.equal(counter.count(Buffer.concat([frame(9, 'a', { key }), frame(2, 'b', { key })])), 1);
    assert.equal(counter.closed, false);
    assert.equal(counter.count(frame(8, '', { key })), 0);
    assert.equal(counter.closed, true);
  });
});

describe('compressedFrames', () => {
  it('holds one stream of different texts that share a context, and can be repeated', () => {
    const frames = compressedFrames(200).map((bytes) => readFrame(bytes)!);
    assert.ok(frames.length >= 64 && frames.every(({ rsv, opcode }) => rsv === 4 && opcode === 1));
    const flush = Buffer.of(0, 0, 255, 255);
    const twice = [...frames, ...frames].flatMap((one) => [one.payload, flush]);
    const plain = inflateRawSync(Buffer.concat(twice), { finishFlush: constants.Z_SYNC_FLUSH });
    const texts = Buffer.concat(frames.map((_, i) => payload('json', 200, i + 1)));
    assert.ok(plain.equals(Buffer.concat([texts, texts])));
    const alone = frames[0]!.payload.length;
    assert.ok(
      frames.slice(10).every((one) => one.payload.length < alone),
      'later ones refer to earlier ones',
    );
  });
});

describe('a feed of the neutral server', () => {
  it('answers each message with the next one, those of a chunk in one write', () => {
    const socket = new Written();
    const mode = feed(socket as unknown as Socket, 200);
    const message = frame(1, 'hello', { key });
    mode.data(message);
    mode.data(Buffer.concat([message, message]));
    const [first, second, third] = compressedFrames(200);
    assert.deepEqual(socket.chunks, [first, Buffer.concat([second!, third!])]);
    mode.data(frame(8, '', { key }));
    assert.ok(socket.ended);
  });

  it('acknowledges laps of messages whatever their sizes', () => {
    const socket = new Written();
    const mode = countingSink(socket as unknown as Socket, 3);
    for (const size of [1, 200, 70_000, 5, 6]) mode.data(frame(1, Buffer.alloc(size), { key }));
    assert.deepEqual(socket.chunks, [frame(1, '1')]);
    mode.data(frame(1, '', { key }));
    assert.deepEqual(socket.chunks.at(-1), frame(1, '2'));
  });

  it('agrees to compression by its own paths only', () => {
    const request = (path: string, offer: string): string =>
      upgrade(`GET ${path} HTTP/1.1\r\nSec-WebSocket-Key: a\r\n${offer}\r\n`).response;
    const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n';
    assert.match(request('/feed?size=200', offer), /\r\nSec-WebSocket-Extensions: permessage-deflate\r\n/);
    assert.doesNotMatch(request('/feed?size=200', ''), /Extensions/);
    assert.doesNotMatch(request('/echo', offer), /Extensions/);
  });
});
