import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { closeFrame, frame, type Link } from '../../peer/link.js';
import { startPeer } from '../../peer/scripted.js';
import { command, start } from '../command.js';

const text = (data: string): Buffer => frame(0x1, Buffer.from(data));

/** Answers each text with the number of the connection and the text, until it is told to do something else. */
async function answer(link: Link, connection: number, done: (data: string) => boolean): Promise<void> {
  await link.accept();
  for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
    if (next.opcode === 0x8) return link.end(closeFrame(1000));
    const data = next.payload.toString();
    if (next.opcode !== 0x1) continue;
    link.write(text(`${connection} ${data}`));
    if (done(data)) return;
  }
}

const quick = ['--no-proxy', '--reconnect=0.05'];

describe('--reconnect', { timeout: 60_000 }, () => {
  it('connects again when the connection is lost, and goes on with the lines that were not sent', async (t) => {
    let connections = 0;
    const peer = await startPeer(t, async (link) => {
      const connection = ++connections;
      await answer(link, connection, (data) => data === 'b' && connection === 1);
      if (connection === 1) link.reset();
    });
    const running = start(['connect', ...quick, '--wait', 'forever', '--count', '4', peer.url]);
    running.child.stdin.write('a\nb\n');
    await running.shows(/1 b/);
    running.child.stdin.write('c\nd\n');
    const { status, stdout, stderr } = await running.end();
    assert.equal(stdout, '1 a\n1 b\n2 c\n2 d\n');
    assert.match(stderr, /lost without a closing handshake.*; connecting again in 0\.\d s/);
    assert.equal(status, 0);
  });

  it('waits for a server that is not there yet, and for one that is too busy', async (t) => {
    const reserve = createServer();
    await new Promise<void>((resolve) => reserve.listen(0, '127.0.0.1', resolve));
    const { port } = reserve.address() as AddressInfo;
    await new Promise((resolve) => reserve.close(resolve));
    const running = start(['connect', ...quick, '--json', '-x', 'hello', '--count', '1', `ws://127.0.0.1:${port}/`]);
    await running.shows(/"type":"reconnecting","failure":"could not connect.*connection refused/);
    let connections = 0;
    const server = createServer((socket: Socket) => {
      if (++connections === 1) socket.end('HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n');
      else socket.pipe(proxied(peer.port, socket));
    });
    const peer = await startPeer(t, (link) => answer(link, 1, () => false));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const { status, stdout } = await running.end();
    server.close();
    assert.match(stdout, /"type":"reconnecting","failure":"the server answered 503[^\n]*"seconds":0\.05/);
    assert.match(stdout, /"type":"text","data":"1 hello"/);
    assert.equal(status, 0);
  });

  it('does not come back to a server that closes for good, or says no', async (t) => {
    const closing = await startPeer(t, async (link) => {
      await link.accept();
      link.end(closeFrame(1008));
    });
    const closed = start(['connect', ...quick, closing.url]);
    assert.equal((await closed.end()).status, 3);
    assert.equal(closing.accepted, 1);
    const refusing = await startPeer(t, async (link) => {
      await link.request();
      link.end('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n');
    });
    assert.equal((await command(['connect', ...quick, refusing.url])).status, 1);
    assert.equal(refusing.accepted, 1);
    const again = await startPeer(t, async (link) => {
      await link.accept();
      link.end(closeFrame(again.accepted === 1 ? 1012 : 1000));
    });
    assert.equal((await start(['connect', ...quick, again.url]).end()).status, 0);
    assert.equal(again.accepted, 2);
  });

  it('ends while it waits when it is interrupted, or has nothing more to do', async () => {
    const args = ['connect', '--no-proxy', '--reconnect', '--json', 'ws://127.0.0.1:1/'];
    const running = start(args);
    await running.shows(/"reconnecting"/);
    running.child.kill('SIGINT');
    assert.equal((await running.end()).status, 130);
  });

  it('is off by default, and has a longest wait', async () => {
    assert.equal((await command(['connect', '--no-proxy', 'ws://127.0.0.1:1/'])).status, 1);
    const { stderr } = await command(['connect', '--reconnect=soon', 'ws://127.0.0.1:1/']);
    assert.match(stderr, /--reconnect must be a number between 0\.01 and 2000000, got "soon"/);
  });
});

/** A connection to a port, whose bytes come back. */
function proxied(port: number, back: Socket): Socket {
  const socket = new (back.constructor as typeof Socket)().connect(port, '127.0.0.1');
  socket.pipe(back);
  socket.on('error', () => back.destroy());
  back.on('error', () => socket.destroy());
  return socket;
}
