import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { buildEchoServer } from '../../bench/peers.js';
import { plan } from '../../bench/plan.js';
import { type RunningServer, startEchoServer } from '../../bench/processes.js';
import { measurable } from '../../bench/servers.js';
import { frame, type ReceivedFrame, readFrame } from '../peer/frames.js';

const program = buildEchoServer();
const key = Buffer.of(1, 2, 3, 4);

describe('the server that answers each message at once', { skip: program === undefined && 'no cc' }, () => {
  let server: RunningServer;
  let socket: Socket;
  let held = Buffer.alloc(0);

  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      held = Buffer.concat([held, chunk]);
    }
  };

  const next = async (): Promise<ReceivedFrame> => {
    await until(() => readFrame(held) !== undefined);
    const one = readFrame(held)!;
    held = held.subarray(one.size);
    return one;
  };

  before(async () => {
    server = await startEchoServer(program!);
    socket = connect(server.address.port, '127.0.0.1');
    socket.write('GET /echo HTTP/1.1\r\nHost: x\r\nSec-Web');
    socket.write('Socket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUpgrade: websocket\r\n\r\n');
    await until(() => held.includes('\r\n\r\n'));
  });

  after(async () => {
    socket.destroy();
    await server.stop();
  });

  it("proves with the standard's example that it has read the key", () => {
    const head = held.toString('latin1');
    assert.match(head, /^HTTP\/1\.1 101 .*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/s);
    held = held.subarray(held.indexOf('\r\n\r\n') + 4);
  });

  it('answers messages of every length, in order, however they are cut', async () => {
    const sizes = [0, 1, 125, 126, 1000, 65535, 65536, 3_000_000];
    const payloads = sizes.map((size) => Buffer.alloc(size, `${size};`));
    const bytes = Buffer.concat(payloads.map((payload) => frame(2, payload, { key })));
    const cut = sizes.length * 7;
    for (let at = 0; at < bytes.length; at += at < 4096 ? cut : 1 << 20) {
      socket.write(bytes.subarray(at, at + (at < 4096 ? cut : 1 << 20)));
    }
    for (const payload of payloads) {
      const answer = await next();
      assert.equal(answer.masked, false);
      assert.equal(answer.opcode, 2);
      assert.ok(answer.payload.equals(payload), `${payload.length} bytes came back changed`);
    }
  });

  it('completes the closing handshake', async () => {
    socket.write(frame(8, Buffer.of(3, 232), { key }));
    assert.equal((await next()).opcode, 8);
    await once(socket, 'close');
  });
});

describe('measurable', () => {
  const address = { port: 1, securePort: 2, pid: 3, caPath: '' };
  const stop = async (): Promise<void> => undefined;

  it('keeps every cell where all is there', () => {
    const servers = { addresses: { batch: address, each: address }, stop };
    const cells = plan(false);
    assert.deepEqual(measurable(cells, servers, true), { cells, skipped: [] });
  });

  it('leaves out what cannot be measured, and says why in a line', () => {
    const { cells, skipped } = measurable(plan(false), { addresses: { batch: address }, stop }, false);
    assert.ok(cells.length > 0 && cells.every((cell) => cell.answers === 'batch' && !cell.secure));
    assert.equal(skipped.length, 2);
    assert.match(skipped.join('\n'), /needs cc.*\n.*need openssl/);
  });
});
