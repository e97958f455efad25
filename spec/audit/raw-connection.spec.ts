import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { Step } from '../../lib/audit/evidence-log.js';
import { type ByteStreamHandler, encodeFrame, RawConnection } from '../../lib/audit/raw-connection.js';
import { frame } from '../peer/frames.js';

const response = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

/** A connection to nobody: what it writes, and a hand to feed it with. */
async function open(takes = true) {
  const written: Buffer[] = [];
  const steps: Step[] = [];
  const state = { destroyed: false };
  let handler!: ByteStreamHandler;
  const connection = new RawConnection((step) => steps.push(step));
  await connection.connect((given) => {
    handler = given;
    return Promise.resolve({
      write: (bytes, taken) => {
        written.push(bytes);
        if (takes) taken();
      },
      destroy: () => {
        state.destroyed = true;
      },
    });
  }, new AbortController().signal);
  return { connection, handler, written, steps, state };
}

const soon = (): number => performance.now() + 60_000;

describe('a raw connection', () => {
  it('reads a response and frames, in whatever pieces they come', async () => {
    const { connection, handler } = await open();
    for (const byte of Buffer.concat([response, frame(1, 'hi'), frame(2, new Uint8Array(300))])) {
      handler.received(Buffer.from([byte]));
    }
    handler.ended(undefined);
    const kinds: string[] = [];
    for (let received = await connection.next(soon()); ; received = await connection.next(soon())) {
      kinds.push(received.kind === 'frame' ? `${received.frame.payload.length} bytes` : received.kind);
      if (received.kind === 'end') break;
    }
    assert.deepEqual(kinds, ['response', '2 bytes', '300 bytes', 'end']);
    assert.equal((await connection.next(performance.now())).kind, 'silence');
    // A probe that asks on would wait out its time for a server that has gone.
    const start = performance.now();
    assert.equal((await connection.next(soon())).kind, 'silence');
    assert.ok(performance.now() - start < 30_000);
  });

  it('says that a response is malformed', async () => {
    const { connection, handler } = await open();
    handler.received(Buffer.from('SSH-2.0-x\x1b[2J\r\n'));
    const received = await connection.next(soon());
    assert.equal(received.kind, 'malformed');
    assert.doesNotMatch(JSON.stringify(received), /\\u001b\[/);
  });

  it('sends frames that can be wrong in every part, and writes down what it sent', async () => {
    const { connection, written, steps } = await open();
    await connection.sendFrames({ opcode: 9, payload: 'a\u202e', masked: false, rsv: 4, fin: false, lengthBits: 16 });
    assert.equal(Buffer.concat(written).toString('hex'), '49' + '7e0004' + '61e280ae');
    assert.equal(steps.at(-1)!.summary, 'Ping "a\\u202e", FIN 0, RSV1, length in 16 bits, unmasked');
    assert.equal(
      encodeFrame({ opcode: 1, payload: 'abc', maskingKey: Buffer.alloc(4) }).toString('hex'),
      '818300000000616263',
    );
  });

  const megabyte = Buffer.alloc(2 ** 20);
  const hostile: [title: string, first: Buffer, more: Buffer, how: RegExp][] = [
    ['one frame without an end', Buffer.from('827f4000000000000000', 'hex'), megabyte, /more than 16 MiB/],
    [
      'a message in fragments without an end',
      frame(2, '', { fin: false }),
      megabyte,
      /more than (16 MiB|20000 frames)/,
    ],
    ['frames of two bytes', Buffer.alloc(0), Buffer.from('8900'.repeat(32768), 'hex'), /more than 20000 frames/],
    ['large frames', Buffer.alloc(0), frame(2, megabyte, { lengthBits: 64 }), /more than 16 MiB/],
  ];
  for (const [title, first, more, how] of hostile) {
    it(`stops reading a server that sends ${title}, and says so`, async () => {
      const { connection, handler, steps, state } = await open();
      handler.received(Buffer.concat([response, first]));
      let fed = 0;
      for (; !state.destroyed && fed < 2 ** 30; fed += more.length) handler.received(more);
      assert.ok(fed <= 18 * 2 ** 20, `it took ${fed} bytes`);
      const stepsBefore = steps.length;
      handler.received(more); // what was on its way already
      assert.equal(steps.length, stepsBefore);
      assert.match(steps.at(-1)!.summary, how);
      let received = await connection.next(soon());
      while (received.kind === 'response' || received.kind === 'frame') received = await connection.next(soon());
      assert.ok(received.kind === 'excess' && how.test(received.how));
    });
  }

  it('does not wait for a server to take what is written, when it has been cut', async () => {
    const { connection, handler } = await open(false);
    handler.received(response);
    const sent = connection.sendFrames({ opcode: 1, payload: 'never taken' });
    for (let fed = 0; fed < 17; fed++) handler.received(megabyte);
    await sent;
  });

  it('writes heads down cut, printable, and without credentials', async () => {
    const { connection, handler, steps } = await open();
    await connection.sendHead('GET /?token=hidden&x=1 HTTP/1.1', [
      ['Authorization', 'Bearer hidden'],
      ['X-Api-Key', 'hidden'],
      ['Sec-WebSocket-Protocol', 'chat, base64url.bearer.authorization.k8s.io.hidden'],
    ]);
    const fields = Array.from({ length: 900 }, (_, index) => `X-${index}: ${'y'.repeat(250)}\x9b\r\n`).join('');
    handler.received(Buffer.from(`HTTP/1.1 101 ${'z'.repeat(5000)}\r\nSet-Cookie: hidden\r\n${fields}\r\n`, 'latin1'));
    assert.doesNotMatch(JSON.stringify(steps), /hidden/);
    assert.match(steps[1]!.summary, /^GET \/\?token=\*+&x=\* HTTP\/1\.1$/);
    const head = steps[2]!;
    assert.ok(head.summary.length < 300 && head.text!.length < 15_000);
    assert.doesNotMatch(head.text!, /\x9b/);
    assert.match(head.text!, /… and 861 more fields$/);
  });
});

describe('a peer that stops reading and keeps the connection', () => {
  it('is not waited for longer than five seconds, and then no more', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const connection = new RawConnection(() => {});
    let writes = 0;
    const stream = { write: () => void writes++, destroy() {} };
    await connection.connect(async () => stream as never, new AbortController().signal);
    const first = connection.sendBytes(Buffer.alloc(10), 'ten bytes');
    t.mock.timers.tick(5000);
    await first;
    await connection.sendBytes(Buffer.alloc(10), 'ten more');
    assert.equal(writes, 2);
  });
});
