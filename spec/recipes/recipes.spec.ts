/** The recipes of `README.md` in this folder, run. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { webSocket } from 'ohos-websocket';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { root as repository } from '../packed/package.js';
import { certificates } from '../peer/certificates.js';
import { startConnectProxy } from '../peer/connect-proxy.js';
import { closeFrame, frame, type Link, text } from '../peer/link.js';
import { type Scope, startPeer } from '../peer/scripted.js';
import { iterate } from './iterate.js';
import { oneAnswer } from './one-answer.js';
import { withPrivateCa } from './private-ca.js';
import { throughProxy } from './proxy.js';
import { backOff, stayConnected } from './reconnect.js';
import { requests } from './request-response.js';

async function echo(scope: Scope, options: Parameters<typeof startEchoServer>[0] = {}): Promise<EchoServer> {
  const server = await startEchoServer(options);
  scope.after(() => server.close());
  return server;
}

describe('iterate', () => {
  it('handles one message at a time', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.write(Buffer.concat([text('a'), text('b'), text('c'), closeFrame(1000)]));
      await link.frameOf(Opcode.close);
      link.end();
    });
    const log: string[] = [];
    await iterate(peer.url, async (message) => {
      log.push(`begin ${String(message)}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`end ${String(message)}`);
    });
    assert.deepEqual(log, ['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
  });
});

describe('oneAnswer', () => {
  it('gives the answer, and has closed the connection', async (t) => {
    let closes = 0;
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      const question = await link.frameOf(Opcode.text);
      link.write(text(`${question.payload.toString()}: 42`));
      const close = await link.frameOf(Opcode.close);
      closes++;
      link.end(frame(Opcode.close, close.payload));
    });
    assert.equal(await oneAnswer(peer.url, 'life', new AbortController().signal), 'life: 42');
    assert.equal(closes, 1);
  });

  it('ends with its signal, while it connects and while it waits', async (t) => {
    const end = new AbortController();
    const silent = await startPeer(t, async (link) => {
      await link.request();
      end.abort();
    });
    await assert.rejects(oneAnswer(silent.url, 'life', end.signal), { code: 2302999 });

    const later = new AbortController();
    const thinking = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.text);
      later.abort();
      await link.serve();
    });
    await assert.rejects(oneAnswer(thinking.url, 'life', later.signal), { name: 'AbortError' });
  });
});

describe('stayConnected', () => {
  it('connects again after failures and losses until told to stop; a message starts the count anew', async (t) => {
    // What happens to each connection that comes.
    const script: ((link: Link) => unknown)[] = [
      (link) => link.reset(),
      async (link) => {
        await link.accept();
        link.reset();
      },
      async (link) => {
        await link.accept([], Buffer.concat([text('hello'), closeFrame(1012)]));
        await link.serve();
      },
      async (link) => {
        await link.accept([], text('back'));
        await link.serve();
      },
    ];
    const peer = await startPeer(t, async (link) => void (await script.shift()!(link)));
    const seen: string[] = [];
    const attempts: number[] = [];
    const end = new AbortController();
    await stayConnected(
      peer.url,
      (ws) => {
        ws.on('error', () => seen.push('error'));
        ws.on('message', (_err, message) => {
          seen.push(message as string);
          if (message === 'back') end.abort();
        });
      },
      end.signal,
      (attempt) => {
        attempts.push(attempt);
        return 0;
      },
    );
    assert.deepEqual(seen, ['error', 'error', 'hello', 'back']);
    assert.deepEqual(attempts, [0, 1, 0, 0]);
    assert.equal(peer.accepted, 4);
  });

  it('waits longer and longer, up to a limit, and never for a foreseeable time', (t) => {
    t.mock.method(Math, 'random', () => 0.5);
    assert.deepEqual(
      [0, 1, 2, 3, 20].map((attempt) => backOff(attempt)),
      [250, 500, 1000, 2000, 15_000],
    );
  });
});

describe('requests', () => {
  it('finds the request of every response, in whatever order they come', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      const asked = [await link.frameOf(Opcode.text), await link.frameOf(Opcode.text), await link.frameOf(Opcode.text)];
      const [add, fail, last] = asked.map(
        ({ payload }) => JSON.parse(payload.toString()) as { id: number; params: number[] },
      );
      link.write(text(JSON.stringify({ id: fail!.id, error: { message: 'no such method' } })));
      link.write(text(JSON.stringify({ id: add!.id, result: add!.params[0]! + add!.params[1]! })));
      link.write(closeFrame(1001));
      assert.equal(last!.id, 4); // the one that came too early had an id as well
      await link.frameOf(Opcode.close);
      link.end();
    });
    const ws = webSocket.createWebSocket();
    const call = requests(ws);
    await assert.rejects(call('too', 'early'), { code: 2302999 });
    await ws.connect(peer.url);
    const calls = await Promise.allSettled([call('add', [1, 2]), call('sub', []), call('wait', [])]);
    assert.deepEqual(
      calls.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message)),
      [3, 'no such method', 'the connection was closed with 1001'],
    );
  });
});

describe('requests, whatever the server says', () => {
  const hostile = [
    'not JSON',
    'null',
    '[]',
    '"id"',
    '{"id":1,"error":null}',
    '{"id":2,"error":{"message":{"toString":1}}}',
    '{"id":{"toString":1},"result":1}',
    '{"__proto__":{"id":3},"result":1}',
    '{"id":99,"result":1}',
  ];

  it('go on: a message that is no response ends neither the program nor a request', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let requests = 0; requests < 3; requests++) await link.frameOf(Opcode.text);
      for (const message of hostile) link.write(text(message));
      link.write(frame(Opcode.binary, Buffer.from('{"id":3,"result":"binary"}')));
      link.write(text('{"id":3,"result":"at last"}'));
      link.write(closeFrame(1000));
      await link.frameOf(Opcode.close);
      link.end();
    });
    const ws = webSocket.createWebSocket();
    const call = requests(ws);
    await ws.connect(peer.url);
    const calls = await Promise.allSettled([call('a', []), call('b', []), call('c', [])]);
    assert.deepEqual(
      calls.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message)),
      ['the server gave no reason', 'the server gave no reason', 'at last'],
    );
  });
});

describe('throughProxy', () => {
  it('goes through a proxy with credentials, and directly to what is excluded', async (t) => {
    const server = await echo(t);
    const proxy = await startConnectProxy(t, 'user:päss:word');
    const ws = await throughProxy(server.url, '127.0.0.1', proxy.port);
    assert.deepEqual(proxy.tunnels, [`127.0.0.1:${server.port}`]);
    await ws.close();
    const direct = await throughProxy(`ws://localhost:${server.port}/`, '127.0.0.1', proxy.port);
    assert.equal(proxy.tunnels.length, 1);
    await direct.close();
  });

  it('says that the proxy wants other credentials', async (t) => {
    const server = await echo(t);
    const proxy = await startConnectProxy(t, 'user:another');
    await assert.rejects(throughProxy(server.url, '127.0.0.1', proxy.port), /407/);
  });
});

describe('withPrivateCa', () => {
  it('trusts the CA that it was given, and shows its own certificate', async (t) => {
    const { server: identity, root, client } = await certificates();
    const tls = { ...identity.pem(), ca: readFileSync(root), requestCert: true, rejectUnauthorized: true };
    const server = await echo(t, { tls });
    const ws = await withPrivateCa(server.url, root, client.ecPkcs8Encrypted);
    await ws.send('hello');
    await ws.close();
    await assert.rejects(withPrivateCa(server.url, root, { certPath: '', keyPath: '' }), { code: 2302999 });
  });
});

describe('the page of recipes', () => {
  it('shows every recipe as it is run here', () => {
    const folder = join(repository, 'spec/recipes');
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    const shown = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, block]) => block);
    const recipes = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
    assert.deepEqual(shown.sort(), recipes.map((name) => readFileSync(join(folder, name), 'utf8')).sort());
  });
});
