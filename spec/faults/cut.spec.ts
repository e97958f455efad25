import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { before, describe, it } from 'node:test';
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { headerSize } from '../../lib/protocol/framing/header.js';
import { type Certificates, certificates } from '../peer/certificates.js';
import type { Scope } from '../peer/scripted.js';
import { converse, messages, type Seen } from './conversation.js';
import { watchHandles } from './handles.js';
import { startRelay, type Treatment } from './relay.js';

/** `FAULTS_STEP=1`: TLS conversations are cut at every byte as well, which takes a minute. */
const stepSetting = Number(process.env['FAULTS_STEP'] ?? 7);

/** So many conversations at a time. */
const parallel = 40;

interface Lengths {
  toClient: number;
  toServer: number;
}

/** Runs a conversation for every treatment. @returns what each has seen */
async function all(
  scope: Scope,
  server: EchoServer,
  treatments: readonly Treatment[],
  options: WebSocketClientOptions,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  let started = 0;
  // A relay for each worker: which conversation gets which treatment is then certain.
  const work = async (): Promise<void> => {
    let treatment: Treatment = {};
    const relay = await startRelay(scope, server.port, () => treatment);
    const url = server.url.replace(`:${server.port}`, `:${relay.port}`);
    for (let index = started++; index < treatments.length; index = started++) {
      treatment = treatments[index]!;
      seen[index] = await converse(url, options);
    }
    await relay.idle();
  };
  await Promise.all(Array.from({ length: Math.min(parallel, treatments.length) }, work));
  return seen;
}

/** How many bytes a whole conversation has. TLS tickets and keys vary by a few. */
async function measure(scope: Scope, server: EchoServer, options: WebSocketClientOptions): Promise<Lengths> {
  const lengths = { toClient: 0, toServer: 0 };
  const counting = (direction: keyof Lengths) => (chunk: Buffer) => {
    lengths[direction] += chunk.length;
    return [chunk];
  };
  const relay = await startRelay(scope, server.port, () => ({
    toClient: { split: counting('toClient') },
    toServer: { split: counting('toServer') },
  }));
  const seen = await converse(server.url.replace(`:${server.port}`, `:${relay.port}`), options);
  assert.deepEqual(seen, { connected: true, errors: 0, code: 1000, received: 5, complete: true });
  await relay.idle();
  return lengths;
}

const offsets = (length: number, step = 1): number[] =>
  Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);

/** Runs what ends before a check of the handles, in the order of a stack, as a test does. */
class Ends implements Scope {
  readonly #ends: (() => Promise<void>)[] = [];

  after(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  async run(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

type Check = (seen: Seen, offset: number) => void;

async function everyOffset(
  direction: keyof Lengths,
  ending: 'reset' | 'end',
  check: Check,
  secure?: { certs: Certificates; step: number },
): Promise<void> {
  const handles = watchHandles();
  const ends = new Ends();
  const server = await startEchoServer(secure === undefined ? {} : { tls: secure.certs.server.pem() });
  ends.after(() => server.close());
  try {
    const options = secure === undefined ? {} : { caPath: secure.certs.root };
    const length = (await measure(ends, server, options))[direction];
    const cuts = offsets(length, secure?.step);
    const seen = await all(
      ends,
      server,
      cuts.map((after) => ({ [direction]: { after, ending } })),
      options,
    );
    cuts.forEach((after, index) => {
      try {
        check(seen[index]!, after);
      } catch (error) {
        throw new Error(`cut after ${after} of ${length} bytes: ${(error as Error).message}`, { cause: error });
      }
    });
  } finally {
    await ends.run();
  }
  assert.deepEqual(await handles(), []);
}

describe('a connection that is cut at any byte ends once, with the right code, all sends settled, no handle left', () => {
  let certs: Certificates;
  before(async () => {
    certs = await certificates();
  });

  it('ended (FIN) by the server’s side: 1006, and every message that had arrived whole', async () => {
    const head = 129; // the response of this server
    const frames = messages.map((message) => {
      const size = Buffer.byteLength(message);
      return headerSize(size, false) + size;
    });
    const close = 4; // a Close frame with our code
    await everyOffset('toClient', 'end', ({ connected, code, received }, offset) => {
      assert.equal(connected, offset >= head);
      let expected = 0;
      for (let at = head; expected < frames.length && offset >= at + frames[expected]!; at += frames[expected++]!);
      assert.equal(received, expected);
      const whole = head + frames.reduce((sum, size) => sum + size, 0) + close;
      if (connected) assert.equal(code, offset >= whole ? 1000 : 1006);
    });
  });

  // A reset discards what the client has not read yet, so it may know less than what had been sent.
  const atMost: Check = ({ connected, code }) => {
    if (connected) assert.ok(code === 1006 || code === 1000, `${code}`);
  };

  it('reset (RST) while the server talks', () => everyOffset('toClient', 'reset', atMost));

  it('reset (RST) while the client talks', () =>
    everyOffset('toServer', 'reset', ({ connected, code, complete }, offset) => {
      atMost({ connected, code, complete, errors: 0, received: 0 }, offset);
      if (code === 1000) assert.ok(complete);
    }));

  it('reset in TLS, from the handshake to its end, while the server talks', () =>
    everyOffset('toClient', 'reset', atMost, { certs, step: stepSetting }));

  it('reset in TLS while the client talks', () =>
    everyOffset('toServer', 'reset', atMost, { certs, step: stepSetting }));
});
