import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createWebSocket } from '../../lib/api/websocket.js';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const good = {
  line: 'GET / HTTP/1.1',
  Host: 'x',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': key,
  'Sec-WebSocket-Version': '13',
};

/** Sends a request head, and returns all that comes until the server ends. */
async function exchange(port: number, head: string, then = Buffer.alloc(0)): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(Buffer.concat([Buffer.from(head), then]));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

function request(changes: Partial<Record<keyof typeof good, string | undefined>> = {}, more = ''): string {
  const { line, ...fields } = { ...good, ...changes };
  const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}\r\n`));
  return `${line}\r\n${lines.join('')}${more}\r\n`;
}

describe('the echo server', () => {
  let server: EchoServer;
  before(async () => {
    server = await startEchoServer();
  });
  after(() => server.close());

  it('echoes text and binary, and answers the closing handshake with the same code', async () => {
    const ws = createWebSocket();
    const received: unknown[] = [];
    const closed = new Promise((resolve) => ws.on('close', (_error, result) => resolve(result)));
    const both = new Promise<void>((resolve) =>
      ws.on('message', (_error, message) => {
        received.push(message);
        if (received.length === 2) resolve();
      }),
    );
    await ws.connect(server.url, { proxy: 'no-proxy' });
    await ws.send('grüße');
    await ws.send(new Uint8Array([1, 2, 3]).buffer);
    await both;
    assert.equal(received[0], 'grüße');
    assert.deepEqual(new Uint8Array(received[1] as ArrayBuffer), new Uint8Array([1, 2, 3]));
    await ws.close({ code: 3000, reason: 'done' });
    assert.deepEqual(await closed, { code: 3000, reason: '' });
  });

  it('RFC 6455 §4.2.2: answers a correct handshake with the accept value of its key', async () => {
    // A Close frame with the masking key 0 right behind the head ends the connection.
    const answer = await exchange(server.port, request(), Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    assert.match(answer, /^HTTP\/1\.1 101 /);
    assert.match(answer, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    assert.ok(answer.endsWith('\r\n\r\n\x88\x00'), 'the Close frame is answered');
  });

  it('RFC 6455 §4.2.2: takes the first subprotocol of the offer, or of those that it speaks', async () => {
    const close = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);
    const offer = request({}, 'Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n');
    assert.match(await exchange(server.port, offer, close), /\r\nSec-WebSocket-Protocol: a\r\n/);
    const picky = await startEchoServer({ subprotocols: ['z', 'c'] });
    const answer = await exchange(picky.port, offer, close);
    await picky.close();
    assert.match(answer, /\r\nSec-WebSocket-Protocol: c\r\n/);
  });

  const refused: [title: string, head: string, status: number, field?: RegExp][] = [
    ['a method other than GET', request({ line: 'POST / HTTP/1.1' }), 405, /\r\nAllow: GET\r\n/],
    ['HTTP/1.0', request({ line: 'GET / HTTP/1.0' }), 505],
    ['a request line with too many parts', request({ line: 'GET / x HTTP/1.1' }), 400],
    ['no Host', request({ Host: undefined }), 400],
    ['two Hosts', request({}, 'Host: y\r\n'), 400],
    ['no Upgrade', request({ Upgrade: undefined }), 426, /\r\nUpgrade: websocket\r\n/],
    ['another Upgrade', request({ Upgrade: 'h2c' }), 426],
    ['no Connection', request({ Connection: undefined }), 426],
    ['a Connection without the token', request({ Connection: 'keep-alive' }), 426],
    ['no key', request({ 'Sec-WebSocket-Key': undefined }), 400],
    ['two keys', request({}, `Sec-WebSocket-Key: ${key}\r\n`), 400],
    ['a key of 15 bytes', request({ 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }), 400],
    ['a key that is no base64', request({ 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }), 400],
    ['no version', request({ 'Sec-WebSocket-Version': undefined }), 400],
    ['version 12', request({ 'Sec-WebSocket-Version': '12' }), 426, /\r\nSec-WebSocket-Version: 13\r\n/],
    ['two versions', request({}, 'Sec-WebSocket-Version: 13\r\n'), 400],
    ['a subprotocol that is no token', request({}, 'Sec-WebSocket-Protocol: a b\r\n'), 400],
    ['a field without a colon', request({}, 'nonsense\r\n'), 400],
    ['a head above 16 KiB', request({}, `X: ${'x'.repeat(20_000)}\r\n`), 431],
  ];
  for (const [title, head, status, field] of refused) {
    it(`refuses ${title} with ${status}`, async () => {
      const answer = await exchange(server.port, head);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, field ?? /\r\nConnection: .*close\r\n/);
    });
  }

  it('RFC 7692 §5.1: with compression it also serves clients that offer none, and declines other extensions', async () => {
    const close = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);
    const compressing = await startEchoServer({ perMessageDeflate: true });
    const offers: [fields: string, agreed: RegExp | undefined][] = [
      ['', undefined],
      ['Sec-WebSocket-Extensions: x-other; a=1\r\n', undefined],
      ['Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n', undefined],
      [
        'Sec-WebSocket-Extensions: x-other, permessage-deflate\r\n',
        /\r\nSec-WebSocket-Extensions: permessage-deflate\r\n/,
      ],
    ];
    try {
      for (const [fields, agreed] of offers) {
        const answer = await exchange(compressing.port, request({}, fields), close);
        assert.match(answer, /^HTTP\/1\.1 101 /, fields);
        if (agreed === undefined) assert.doesNotMatch(answer, /Sec-WebSocket-Extensions/, fields);
        else assert.match(answer, agreed);
        assert.ok(answer.endsWith('\r\n\r\n\x88\x00'), fields);
      }
    } finally {
      await compressing.close();
    }
  });

  it('fails a connection with an unmasked frame: 1002, and TCP closed by the server', async () => {
    const answer = await exchange(server.port, request(), Buffer.from([0x81, 0x01, 0x61]));
    assert.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4).slice(2, 4), '\x03\xea');
  });

  it('stops reading from a client that does not read its echoes', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(request());
    await once(socket, 'data');
    socket.pause();
    const frame = Buffer.alloc(65536 + 14);
    frame.writeUInt16BE(0x82ff);
    frame.writeUInt32BE(65536, 6);
    // The kernel buffers some megabytes; then one write is not taken any more, and stays so.
    let written = 0;
    while (socket.writableLength < 4 * 2 ** 20 && written < 1024) {
      socket.write(frame);
      written++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(socket.writableLength > 0, 'the server took 64 MiB without delivering them');
    socket.destroy();
  });
});
