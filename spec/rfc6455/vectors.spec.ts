import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { rules, Violation } from '../../lib/protocol/rules.js';
import { Tunnel } from '../../lib/transport/dial/proxy-tunnel.js';
import type { ConnectionFailure } from '../../lib/transport/failure.js';
import { frameOf } from '../peer/frames.js';
import { goodHead, openClient } from '../protocol/drive.js';
import { seeded } from '../protocol/random.js';
import { everyCut, type Outcome, Stream } from './run.js';
import { type BadStream, badReplies, badStreams, goodStreams } from './vectors.js';

/** Demands that no way of cutting the stream changes what is reported, with and without an observer. */
function assertAnyChunking(stream: Stream, expected: Outcome): void {
  const cuts = everyCut(stream.bytes);
  for (const observed of [false, true]) {
    const whole = observed ? stream.run([], { observed }) : expected;
    for (const cut of cuts) assert.deepEqual(stream.run([cut], { observed }), whole, `cut at ${cut}`);
    assert.deepEqual(stream.run(cuts, { observed }), whole, 'byte by byte');
    assert.deepEqual(stream.run([], { observed, joined: true }), whole, 'head and frames in one chunk');
  }
}

const isAboutMessages = (event: string): boolean => !/^(response|open)\b/.test(event);

function isHandshake(vector: BadStream): boolean {
  return rules[vector.rule].closeCode === undefined;
}

describe('a stream that breaks a rule', () => {
  for (const vector of badStreams) {
    it(`${rules[vector.rule].section} ${vector.rule}: ${vector.title}`, () => {
      const stream = new Stream(vector);
      const outcome = stream.run([]);
      const events = outcome.events.filter(isAboutMessages);
      const before = vector.before ?? [];
      assert.deepEqual(events.slice(0, before.length), before);

      const offset = stream.givenHead.length + (vector.offset ?? 0);
      const status = isHandshake(vector) ? '\\d+' : vector.role === 'server' ? '0' : '101';
      assert.match(events[before.length] ?? '', new RegExp(`^failed ${status} ${vector.rule}@${offset} `));
      if (isHandshake(vector)) {
        assert.equal(vector.code, undefined);
        assert.equal(events.length, before.length + 1, 'a connection that was never open is not closed');
        assert.deepEqual(outcome.answers, []);
      } else {
        const { demand, closeCode } = rules[vector.rule];
        assert.equal(closeCode, vector.code);
        assert.deepEqual(events.slice(before.length + 1), [`closed ${vector.code} ${demand}`]);
        const body = vector.code!.toString(16).padStart(4, '0') + Buffer.from(demand).toString('hex');
        assert.equal(outcome.answers.at(-1), `close ${body}`);
      }
      assertAnyChunking(stream, outcome);
    });
  }
});

describe("a proxy's reply that breaks a rule", () => {
  /** The rule that a tunnel finds broken, when the reply comes in these chunks. */
  async function tripped(chunks: readonly Buffer[]): Promise<string | undefined> {
    const socket = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
    const proxy = { host: 'proxy.example', port: 3128, secure: false, authorization: undefined };
    const target = { secure: false, host: 'server.example', port: 80 };
    const failure = new Promise<ConnectionFailure>((resolve, reject) => {
      new Tunnel(
        socket as Socket,
        proxy,
        { target },
        {
          established: () => reject(new Error('the tunnel was taken for established')),
          failed: resolve,
        },
      );
    });
    for (const chunk of chunks) socket.push(chunk);
    const { cause } = await failure;
    socket.destroy();
    return cause instanceof Violation ? cause.rule.id : undefined;
  }

  for (const { rule, title, reply } of badReplies) {
    it(`${rules[rule].section} ${rule}: ${title}`, async () => {
      const bytes = Buffer.from(reply, 'latin1');
      assert.equal(await tripped([bytes]), rule);
      for (const cut of everyCut(bytes))
        assert.equal(await tripped([bytes.subarray(0, cut), bytes.subarray(cut)]), rule);
      assert.equal(await tripped([...bytes].map((byte) => Buffer.of(byte))), rule, 'byte by byte');
    });
  }
});

describe('a stream that keeps the rules', () => {
  for (const vector of goodStreams) {
    it(`RFC 6455 ${vector.section} ${vector.title}`, () => {
      const stream = new Stream(vector);
      const outcome = stream.run([]);
      const events = outcome.events.filter(isAboutMessages);
      if (!vector.events.some((event) => event.startsWith('closed'))) {
        assert.deepEqual(
          events.splice(-2).map((event) => event.split(' ', 2).join(' ')),
          [vector.role === 'server' ? 'failed 0' : 'failed 101', 'closed 1006'],
        );
      }
      assert.deepEqual(events, vector.events);
      assert.deepEqual(outcome.answers, vector.answers ?? []);
      assertAnyChunking(stream, outcome);
    });
  }
});

describe('the rules that the vectors trip', () => {
  for (const id of Object.keys(rules)) {
    it(`${id} is tripped by a vector`, () => {
      assert.ok([...badStreams, ...badReplies].some(({ rule }) => rule === id));
    });
  }

  it('every vector has a title of its own', () => {
    const titles = [
      ...[...badStreams, ...badReplies].map(({ rule, title }) => `${rule} ${title}`),
      ...goodStreams.map(({ section, title }) => `${section} ${title}`),
    ];
    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  });
});

describe('RFC 6455 §5.7 64 KiB of binary data in a single unmasked frame', () => {
  const payload = Buffer.alloc(65536, 'payload');
  const frame = frameOf(0x82, payload);
  const cuts = [1, 2, 3, 9, 10, 11, 32768, 65545];

  for (const cut of [undefined, ...cuts]) {
    it(cut === undefined ? 'in one chunk' : `cut at ${cut}`, () => {
      const driven = openClient();
      driven.receive(frame.subarray(0, cut ?? frame.length)).receive(frame.subarray(cut ?? frame.length));
      assert.deepEqual(driven.events, [`binary ${payload.toString('hex')}`]);
    });
  }
});

/** A long conversation without a fault, and every event in it. */
function conversation(seed: number): { bytes: Buffer; events: string[] } {
  const next = seeded(seed);
  const pieces: Buffer[] = [];
  const events: string[] = [];
  const alphabet = ['a', 'b', ' ', 'é', '€', '😀', '\0'];
  for (let count = 0; count < 40; count++) {
    const size = [0, 1, 5, 60, 130, 700][next() % 6]!;
    const isText = next() % 2 === 0;
    const text = Array.from({ length: size }, () => alphabet[next() % (next() % 2 === 0 ? 2 : 7)]).join('');
    const message = isText ? Buffer.from(text) : Buffer.from(Array.from({ length: size }, () => next() & 0xff));
    const fragments = 1 + (next() % 3 === 0 ? next() % 5 : 0);
    for (let index = 0, from = 0; index < fragments; index++) {
      const isLast = index === fragments - 1;
      const to = isLast ? message.length : from + (next() % (message.length - from + 1));
      pieces.push(frameOf((isLast ? 0x80 : 0) | (index > 0 ? 0 : isText ? 1 : 2), message.subarray(from, to)));
      from = to;
      if (next() % 4 === 0 && !isLast) {
        const payload = Buffer.from(Array.from({ length: next() % 126 }, () => next() & 0xff));
        pieces.push(frameOf(0x8a, payload));
        events.push(['pong', payload.toString('hex')].filter((part) => part !== '').join(' '));
      }
    }
    events.push(
      [isText ? 'text' : 'binary', isText ? text : message.toString('hex')].filter((part) => part !== '').join(' '),
    );
  }
  return { bytes: Buffer.concat(pieces), events };
}

describe('conversations cut at random', () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(`seed ${seed}`, () => {
      const { bytes, events } = conversation(seed);
      const next = seeded(seed * 7919);
      for (const most of [1, 3, 20, 300, 5000, bytes.length]) {
        const driven = openClient();
        for (let at = 0; at < bytes.length; ) {
          const to = Math.min(bytes.length, at + 1 + (next() % most));
          // A buffer that is reused, as a socket's is: nothing may be read from it later.
          const chunk = Buffer.concat([Buffer.from('??'), bytes.subarray(at, to), Buffer.from('??')]);
          driven.session.receive(chunk, 2, chunk.length - 2);
          chunk.fill(0xee);
          at = to;
        }
        assert.deepEqual(driven.events, events, `chunks of at most ${most} bytes`);
      }
    });
  }
});

describe('bytes after the response head', () => {
  it('are frames, wherever the chunk ends', () => {
    const bytes = Buffer.concat([Buffer.from(goodHead()), Buffer.from('810161880203e8', 'hex')]);
    const stream = new Stream({ section: '', title: '', head: bytes.toString('latin1'), events: [] });
    const expected = ['response 101', 'open', 'text a', 'closed 1000'];
    for (const cut of everyCut(bytes)) assert.deepEqual(stream.run([cut]).events, expected);
  });
});
