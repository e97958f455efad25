import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { Capabilities } from '../../lib/audit/probe.js';
import { type AuditTarget, describeClose, NotObservable, ProbeRun } from '../../lib/audit/probe-run.js';
import type { ByteStreamHandler, IncomingFrame } from '../../lib/audit/raw-connection.js';
import { handshakeAccept } from '../../lib/protocol/handshake/client.js';
import { frame } from '../peer/frames.js';

const target: AuditTarget = {
  hostField: 'example.test',
  resource: '/chat',
  secure: false,
  fields: [['X-One', '1']],
  subprotocols: ['a', 'b'],
};
const times = { probe: 60_000, grace: 1, linger: 1 };

/** A server in memory: gets each write, and answers through the handler. */
type Server = (bytes: Buffer, handler: ByteStreamHandler) => void;

function runAgainst(server: Server, capabilities?: Capabilities): ProbeRun {
  return new ProbeRun({
    target,
    times,
    capabilities,
    dial: async (handler) => ({
      write: (bytes, taken) => {
        taken();
        server(bytes, handler);
      },
      destroy: () => {},
    }),
  });
}

function accept(bytes: Buffer, more = ''): Buffer {
  const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(bytes.toString('latin1'))![1]!;
  const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${handshakeAccept(key)}`];
  return Buffer.from(`HTTP/1.1 101 Switching Protocols\r\n${fields.join('\r\n')}\r\n${more}\r\n`);
}

/** Answers the request, then does this with what follows. */
const opening = (then: Server): Server => {
  let isOpen = false;
  return (bytes, handler) => {
    if (isOpen) return then(bytes, handler);
    isOpen = true;
    handler.received(accept(bytes));
  };
};

describe('the run of a probe', () => {
  it('asks with a correct request that has the fields of the user', () => {
    const { line, fields } = runAgainst(() => {}).request('key');
    assert.equal(line, 'GET /chat HTTP/1.1');
    assert.deepEqual(
      fields.map(([name, value]) => `${name}: ${value}`),
      [
        'Host: example.test',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Key: key',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: a, b',
        'X-One: 1',
      ],
    );
  });

  it('tells apart how a handshake ends', async () => {
    const ends: [Server, string][] = [
      [(bytes, handler) => handler.received(accept(bytes)), 'response'],
      [(_bytes, handler) => handler.received(Buffer.from('nonsense\r\n')), 'malformed'],
      [(_bytes, handler) => handler.ended(undefined), 'end'],
      [(_bytes, handler) => handler.ended('ECONNRESET'), 'end'],
    ];
    for (const [server, kind] of ends) {
      const { outcome } = await runAgainst(server).handshake();
      assert.equal(outcome.kind, kind);
    }
  });

  it('is not observable without a connection, an open handshake, or its premise', async () => {
    const refused = runAgainst((_bytes, handler) => handler.received(Buffer.from('HTTP/1.1 403 No\r\n\r\n')));
    await assert.rejects(refused.open(), (error) => error instanceof NotObservable && /403 No/.test(error.message));
    const failing = new ProbeRun({ target, times, dial: () => Promise.reject(new Error('connection refused')) });
    await assert.rejects(failing.open(), /no connection: connection refused/);
    const mute = runAgainst(() => {}, { text: 'accepted', binary: 'closed', server: undefined });
    mute.require('text', 'accepted');
    assert.throws(() => mute.require('text', 'echo'), /does not echo text/);
    assert.throws(() => mute.require('binary', 'accepted'), /ends the connection on any binary/);
  });

  it('watches what follows: pongs, the Close frame, the end of TCP', async () => {
    const run = runAgainst(
      opening((bytes, handler) => {
        if ((bytes[0]! & 0x0f) !== 9) return;
        handler.received(Buffer.concat([frame(1, 'a'), frame(8, Buffer.from([3, 234]))]));
        handler.ended(undefined);
      }),
    );
    const { frames, close, end, carriedOn } = await run.watch(await run.open(), []);
    assert.deepEqual(
      frames.map(({ opcode }) => opcode),
      [1, 8],
    );
    assert.equal(describeClose(close!), 'a Close frame with 1002');
    assert.equal(end, 'TCP closed by the server');
    assert.equal(carriedOn, false);
  });

  it('says that a server went on and on', async () => {
    const flood = frame(2, Buffer.alloc(2 ** 20));
    const run = runAgainst(
      opening((_bytes, handler) => {
        for (let count = 0; count < 20; count++) handler.received(flood);
      }),
    );
    const { end, excess } = await run.watch(await run.open(), []);
    assert.equal(end, undefined);
    assert.match(excess!, /more than 16 MiB/);
  });

  it('waits for a message in whatever frames it comes', async () => {
    const run = runAgainst(
      opening((_bytes, handler) => {
        handler.received(Buffer.concat([frame(1, 'other'), frame(1, 'hel', { fin: false }), frame(9), frame(0, 'lo')]));
        handler.ended(undefined);
      }),
    );
    const connection = await run.open();
    await connection.sendFrames({ opcode: 1, payload: 'hello' });
    assert.equal(await run.awaitMessage(connection, 1, Buffer.from('hello')), 'came');
    const expected = 'TCP closed by the server';
    assert.equal(await run.awaitMessage(connection, 1, Buffer.from('again')), expected);
  });
});

describe('what a server says', () => {
  it('is short and printable', () => {
    const close = (body: string) => describeClose({ payload: Buffer.from(body, 'latin1') } as unknown as IncomingFrame);
    assert.equal(close('\x03\xe8\x1b[2J'), 'a Close frame with 1000 "\\u001b[2J"');
    assert.equal(close('\x03'), 'a Close frame with a body of 1 byte');
    assert.equal(close(''), 'a Close frame without a code');
  });
});
