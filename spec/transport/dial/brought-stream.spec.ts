import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { Duplex, duplexPair, PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { bringStream } from '../../../lib/transport/dial/brought-stream.js';
import type { ConnectionSource } from '../../../lib/transport/dial/duplex-like.js';
import { certificates } from '../../peer/certificates.js';
import { connects, echo, failure, planOf, secureEcho, ws, wss } from '../../peer/dialling.js';

const over = (connection: ConnectionSource) => ({ ...planOf(ws(1, 'h.test'), { proxy: 'system' }), connection });

describe('a connection that the program brings', () => {
  it('may be one end of a pair in memory', async (t) => {
    const [mine, other] = duplexPair();
    other.pipe(other);
    const { socket } = await connects(t, over(mine));
    socket.destroy();
    await once(mine, 'close');
  });

  it('may be a socket, which is taken as it is, connected or not yet', async (t) => {
    const socket = net.connect(await echo(t), '127.0.0.1');
    assert.equal(await bringStream(socket as never), socket);
    const outcome = await connects(t, over(socket as never));
    assert.equal(outcome.socket, socket);
  });

  it('may be made by a function, at once or later', async (t) => {
    const port = await echo(t);
    await connects(t, over((() => net.connect(port, '127.0.0.1')) as never));
    await connects(t, over((async () => net.connect(port, '127.0.0.1')) as never));
  });

  it('carries TLS', async (t) => {
    const certs = await certificates();
    const port = await secureEcho(t, certs.server.pem());
    const [mine, other] = duplexPair();
    other.pipe(net.connect(port, '127.0.0.1')).pipe(other);
    const plan = { ...planOf(wss(port), { tls: { caPath: certs.root } }), connection: mine as never };
    const { socket } = await connects(t, plan);
    assert.ok('encrypted' in socket);
  });

  it('fails with a sentence that names the option', async (t) => {
    const ended = new PassThrough();
    ended.destroy();
    const text = new PassThrough().setEncoding('utf8');
    const rows: [ConnectionSource, RegExp][] = [
      [ended as never, /^the option connection: the stream has ended already$/],
      [text as never, /the option connection: expected a stream of bytes, its encoding was set/],
      [(() => undefined) as never, /expected a Duplex stream, the function gave something else/],
      [
        () => {
          throw new Error('no channel');
        },
        /^the option connection: the function failed: no channel$/,
      ],
      [() => Promise.reject(new Error('no channel')), /the function failed: no channel/],
    ];
    for (const [source, message] of rows) {
      const failed = await failure(t, over(source));
      assert.match(failed.message, message);
    }
  });

  it('is destroyed when the attempt is given up, also while the function is at work', async (t) => {
    const { dial } = await import('../../../lib/transport/dial/dial.js');
    const [mine] = duplexPair();
    let give = (_stream: unknown): void => {};
    const plan = over(() => new Promise<never>((resolve) => (give = resolve as never)));
    const onread = { buffer: Buffer.alloc(1), callback: () => true };
    const dialing = dial(plan, { onread, connected: () => assert.fail(), failed: () => assert.fail() });
    assert.equal(dialing.phase, 'given connection');
    await new Promise(setImmediate);
    dialing.abort();
    give(mine);
    await once(mine, 'close');
    t.diagnostic('destroyed');
  });

  it('hears of an end, of an error and of what is not bytes', async () => {
    const [mine, other] = duplexPair();
    const socket = await bringStream(mine as never);
    other.end('last words');
    socket.resume();
    await once(socket, 'end');

    const failing = new PassThrough();
    const brought = await bringStream(failing as never);
    failing.destroy(new Error('cable'));
    const [error] = await once(brought, 'error');
    assert.equal(error.message, 'cable');

    const throws = new Duplex({
      read() {},
      write() {
        throw new Error('not like this');
      },
    });
    const throwing = await bringStream(throws as never);
    throwing.write('x');
    const [thrown] = await once(throwing, 'error');
    assert.equal(thrown.message, 'not like this');

    const objects = new Duplex({ objectMode: true, read() {}, write: (_c, _e, done) => done() });
    const strange = await bringStream(objects as never);
    strange.resume();
    objects.push({ not: 'bytes' });
    const [problem] = await once(strange, 'error');
    assert.match(problem.message, /not bytes/);
  });

  it('has the process wait as the stream does, if that has a say', async () => {
    const log: string[] = [];
    const [mine] = duplexPair();
    const holding = Object.assign(mine, { ref: () => log.push('ref'), unref: () => log.push('unref') });
    (await bringStream(holding as never)).unref().ref();
    assert.deepEqual(log, ['unref', 'ref']);
    const [other] = duplexPair();
    (await bringStream(other as never)).unref().ref();
  });

  it('never hands on memory that is written to again, nor runs inside a call of ours', async () => {
    const taken: Buffer[] = [];
    const inner = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk);
        done();
      },
    });
    const socket = await bringStream(inner as never);
    const bytes = Buffer.from('first');
    socket.write(bytes);
    assert.equal(taken.length, 0);
    await new Promise(setImmediate);
    bytes.fill(0);
    assert.equal(String(taken[0]), 'first');
  });
});
