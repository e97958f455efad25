import assert from 'node:assert/strict';
import type { Buffer } from 'node:buffer';
import { before, describe, it } from 'node:test';
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { type Certificates, certificates } from '../peer/certificates.js';
import { seeded } from '../protocol/random.js';
import { converse, messages } from './conversation.js';
import { startRelay, type Way } from './relay.js';

const bytewise = (chunk: Buffer): Buffer[] => Array.from(chunk, (_, at) => chunk.subarray(at, at + 1));

/** Pieces of 1 to `most` bytes. */
function ragged(seed: number, most: number): (chunk: Buffer) => Buffer[] {
  const next = seeded(seed);
  return (chunk) => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      const size = 1 + (next() % most);
      pieces.push(chunk.subarray(at, at + size));
      at += size;
    }
    return pieces;
  };
}

function turns(seed: number): () => number {
  const next = seeded(seed);
  return () => next() % 12;
}

const ways: readonly [string, (seed: number) => Way][] = [
  ['a byte at a time', () => ({ split: bytewise })],
  ['in pieces that fit nothing', (seed) => ({ split: ragged(seed, 40) })],
  ['late, now and then', (seed) => ({ turns: turns(seed) })],
  ['in lumps', () => ({ turns: () => 60 })],
  ['late and in pieces', (seed) => ({ turns: turns(seed), split: ragged(seed + 1, 300) })],
];

/** More than one frame size, more than one read. */
const large = [...messages, 'x'.repeat(70_000), '中'.repeat(3000), new Uint8Array(100_000).fill(1), 'end'];

describe('a link that is slow loses nothing and changes nothing', () => {
  let certs: Certificates;
  before(async () => {
    certs = await certificates();
  });

  for (const [title, way] of ways) {
    for (const secure of [false, true]) {
      it(`${title}, ${secure ? 'wss' : 'ws'}`, async (t) => {
        const server = await startEchoServer(secure ? { tls: certs.server.pem() } : {});
        t.after(() => server.close());
        const relay = await startRelay(t, server.port, () => ({ toClient: way(1), toServer: way(2) }));
        const url = server.url.replace(`:${server.port}`, `:${relay.port}`);
        const options: WebSocketClientOptions = secure ? { caPath: certs.root } : {};
        const sent = title === 'a byte at a time' ? messages : large;
        const seen = await converse(url, options, sent);
        assert.deepEqual(seen, { connected: true, errors: 0, code: 1000, received: sent.length, complete: true });
        await relay.idle();
      });
    }
  }
});
