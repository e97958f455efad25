/** A relay between real clients and real servers: what arrives with it is what arrives without, and it reads both. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { chromium } from '../browser/chromium.js';
import { acceptFor } from '../peer/acceptance.js';
import { listenOn } from '../peer/listening.js';
import { startPeer } from '../peer/scripted.js';
import { accept, fromHex } from '../protocol/drive.js';
import { RawClient, type Relayed, relayTo, requestHead } from '../relay/relayed.js';
import { badStreams, goodStreams } from '../rfc6455/vectors.js';
import { open } from './client.js';
import { npmWs, upstream, wsAbsent } from './npm-ws.js';
import { start } from './program.js';

const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import websockets'], { stdio: 'ignore' }).status === 0,
);
const script = fileURLToPath(new URL('../../../spec/interop/echo_server.py', import.meta.url));

interface Server {
  readonly name: string;
  readonly skip: string | false;
  /** @returns the URL of an echo, with compression */
  start(t: TestContext): Promise<string>;
}

const servers: readonly Server[] = [
  {
    name: 'npm ws',
    skip: wsAbsent,
    start: async (t) => {
      const server = await upstream({ ws: { perMessageDeflate: { threshold: 0 } } });
      t.after(() => server.end());
      return `${server.url}/echo`;
    },
  },
  {
    name: 'python websockets',
    skip: python === undefined && 'python3-websockets is not installed: apt-get install python3-websockets',
    start: async (t) => {
      const program = await start({ command: python!, args: (port) => [script, String(port)] });
      t.after(() => program.end());
      return `ws://127.0.0.1:${program.port}/echo`;
    },
  },
];

const messages: readonly (string | Buffer)[] = [
  'hello',
  'ü'.repeat(40_000),
  Buffer.from([0, 255, 1]),
  Buffer.alloc(300_000, 'abc'),
  '',
];
const short = (data: unknown): string =>
  typeof data === 'string' ? `${data.length}:${data.slice(0, 10)}` : `${(data as Buffer).length} bytes`;

/** What the relay put together of each direction. */
function seen(peer: Relayed, direction: 'sent' | 'received'): string[] {
  return peer.of('message').flatMap((event) => (event.direction === direction ? [short(event.data)] : []));
}

for (const server of servers) {
  describe(`between a client and ${server.name}`, { skip: server.skip, timeout: 60_000 }, () => {
    it('everything passes, compressed, and is read', async (t) => {
      const url = await server.start(t);
      const peer = await relayTo(t, url);
      const { ws, message, end } = await open(peer.relay.url, {
        perMessageDeflate: { threshold: 0 },
        proxy: 'no-proxy',
      });
      for (const data of messages) {
        await ws.send(typeof data === 'string' ? data : Uint8Array.from(data).buffer);
        assert.deepEqual(await message(), data);
      }
      await end({ code: 3001, reason: 'done' });
      await peer.over();
      assert.deepEqual(seen(peer, 'sent'), messages.map(short));
      assert.deepEqual(seen(peer, 'received'), messages.map(short));
      assert.ok(peer.of('frame').some(({ direction, rsv }) => direction === 'received' && rsv === 4));
      assert.deepEqual(peer.rules, []);
      assert.deepEqual([peer.of('close')[0]!.code, peer.of('close')[0]!.failure], [3001, undefined]);
    });

    it('npm ws as the client', { skip: wsAbsent }, async (t) => {
      const url = await server.start(t);
      const peer = await relayTo(t, url);
      const { WebSocket } = npmWs() as unknown as { WebSocket: new (url: string) => import('./npm-ws.js').WsSocket };
      const ws = new WebSocket(peer.relay.url);
      await once(ws, 'open');
      for (const data of messages) {
        ws.send(data);
        const [back] = (await once(ws, 'message')) as [Buffer];
        assert.deepEqual(back, Buffer.from(data as string));
      }
      ws.close(1000, 'bye');
      await peer.over();
      assert.deepEqual(seen(peer, 'sent'), messages.map(short));
      assert.deepEqual(peer.rules, []);
    });

    it('a page in Chromium', { skip: chromium === undefined && 'there is no Chromium' }, async (t) => {
      const url = await server.start(t);
      const peer = await relayTo(t, url);
      const result = await runPage(
        t,
        `const ws = new WebSocket(${JSON.stringify(peer.relay.url)});
        ws.binaryType = 'arraybuffer';
        const got = [];
        const send = ['hello', 'ü'.repeat(40000), new Uint8Array(300000), ''];
        ws.onopen = () => ws.send(send[0]);
        ws.onmessage = ({ data }) => {
          got.push(typeof data === 'string' ? data.length : data.byteLength);
          if (got.length < send.length) ws.send(send[got.length]);
          else ws.close(3002, 'page');
        };
        ws.onerror = () => tell('error');
        ws.onclose = ({ code, wasClean }) => tell(JSON.stringify({ got, code, wasClean, extensions: ws.extensions }));`,
      );
      const { got, code, wasClean, extensions } = JSON.parse(result) as Record<string, unknown>;
      assert.deepEqual([got, code, wasClean], [[5, 40_000, 300_000, 0], 3002, true]);
      assert.match(String(extensions), /permessage-deflate/);
      await peer.over();
      assert.deepEqual(seen(peer, 'sent'), ['5:hello', `40000:${'ü'.repeat(10)}`, '300000 bytes', '0:']);
      assert.deepEqual(seen(peer, 'received'), seen(peer, 'sent'));
      assert.deepEqual(peer.rules, []);
    });
  });
}

/** Opens a page with that script in Chromium. @returns what the script gives to `tell` */
async function runPage(t: TestContext, source: string): Promise<string> {
  let told!: (text: string) => void;
  const result = new Promise<string>((resolve) => (told = resolve));
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      const tell = `const tell = (text) => fetch('/', { method: 'POST', body: text });`;
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!doctype html><meta charset="utf-8"><script>${tell}\n${source}</script>`);
      return;
    }
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      response.end();
      told(text);
    });
  });
  const { port } = await listenOn(t, server);
  const folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-relay-page-'));
  const options = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}`];
  const browser: ChildProcess = spawn(
    chromium!,
    [...options, '--remote-debugging-port=0', `http://127.0.0.1:${port}/`],
    {
      detached: true,
      stdio: 'ignore',
    },
  );
  t.after(async () => {
    const gone = once(browser, 'exit');
    process.kill(-browser.pid!, 'SIGKILL'); // its children too: they write into the folder
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  return result;
}

describe('the streams of the standard, with a relay and without', { timeout: 120_000 }, () => {
  const streams = [...badStreams, ...goodStreams].filter(({ limits, extension }) => limits === undefined && !extension);

  it('a client has the same verdict on what a server sends', async (t) => {
    const toClient = streams.filter(({ role }) => role !== 'server');
    const server = await startPeer(t, async (link) => {
      const request = await link.request();
      const stream = toClient[Number(/\d+/.exec(request.startLine)![0])]!;
      const key = request.values('sec-websocket-key')[0]!;
      const head = stream.head?.replace(accept, acceptFor(key));
      if (head === undefined) {
        const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptFor(key)}`];
        link.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      } else link.write(Buffer.from(head, 'latin1'));
      link.end(fromHex(stream.bytes ?? ''));
    });
    const { relay } = await relayTo(t, server.url);
    assert.ok(toClient.length > 150, `${toClient.length}`);
    for (const [index, { title, subprotocols = [] }] of toClient.entries()) {
      const verdicts: unknown[] = [];
      for (const url of [server.url, relay.url])
        verdicts.push(await verdict(`${url}${index}`, subprotocols.join(', ')));
      assert.deepEqual(verdicts[1], verdicts[0], title);
    }
  });

  it('a server answers the same to what a client sends', async (t) => {
    const echo = await startEchoServer();
    t.after(() => echo.close());
    const { relay } = await relayTo(t, echo.url);
    for (const { title, bytes = '', role } of streams) {
      if (role !== 'server') continue;
      const answers: Buffer[] = [];
      for (const port of [echo.port, relay.port]) {
        const client = new RawClient(port);
        client.socket.end(Buffer.concat([Buffer.from(requestHead()), fromHex(bytes)]));
        answers.push(await client.rest());
        client.socket.destroy();
      }
      assert.deepEqual(answers[1], answers[0], title);
    }
  });
});

/** Without what is another each time: the key's answer, and the port. */
function shown({ message }: Error): string {
  return message.replace(/is "[\w+/]{27}="/, 'is …').replace(/127\.0\.0\.1:\d+/, 'the server');
}

/** Everything that a client reports of one connection. */
async function verdict(url: string, protocol: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const { webSocket } = await import('../../lib/index.js');
  const ws = webSocket.createWebSocket();
  const closed = new Promise<void>((resolve) => {
    ws.on('close', (_error, result) => {
      seen.push(result);
      resolve();
    });
  });
  ws.on('message', (_error, data) => seen.push(typeof data === 'string' ? data : [...new Uint8Array(data)]));
  ws.on('error', (error) => seen.push([error.code, shown(error)]));
  const connected = await ws.connect(url, { proxy: 'no-proxy', protocol, closeTimeout: 1000 }).catch((error: Error) => {
    seen.push(shown(error));
    return false;
  });
  if (connected) await closed;
  return seen;
}
