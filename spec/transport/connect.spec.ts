import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { runProgram } from '../api/program.js';
import { evaluating } from '../peer/evaluating.js';

const index = new URL('../../lib/index.js', import.meta.url).href;

/** Which of Node's modules a program of one line has loaded when it ends. */
function loadedBy(program: string): string[] {
  const code = `const { webSocket } = await import('${index}'); ${program}; console.log(JSON.stringify(process.moduleLoadList));`;
  return JSON.parse(execFileSync(process.execPath, evaluating(code), { encoding: 'utf8' }));
}

/** What `tell()` told a program that runs twice: while the code of a connection is loaded, and with it loaded. */
async function twice(body: string): Promise<{ loading: unknown; loaded: unknown }> {
  const { stdout, stderr, status } = await runProgram(`
    import { subscribe } from 'node:diagnostics_channel';
    const run = async () => {
      const told = [];
      const tell = (...what) => told.push(what.join(' '));
      const ws = webSocket.createWebSocket();
      for (const event of ['headerReceive', 'open', 'openInfo', 'error', 'close'])
        ws.on(event, (error, value) => tell(event, (error ?? value).message ?? JSON.stringify(value)));
      const connect = (url, options) => new Promise((done) => ws.connect(url, options, (error, value) => {
        tell('connect', error?.code, error?.message, value);
        done();
      }));
      ${body}
      return told;
    };
    const loading = await run();
    await webSocket.createWebSocket().connect('ws://127.0.0.1:1/', { proxy: 'no-proxy' }).catch(() => {});
    console.log(JSON.stringify({ loading, loaded: await run() }));`);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as { loading: unknown; loaded: unknown };
}

const nowhere = "'ws://127.0.0.1:1/', { proxy: 'no-proxy' }";

describe('the code of a connection', () => {
  it('is not loaded by a program that only imports the client', () => {
    const loaded = loadedBy('webSocket.createWebSocket()');
    for (const name of ['net', 'tls', 'dns', 'crypto', 'zlib', 'stream']) {
      assert.ok(!loaded.includes(`NativeModule ${name}`), `${name} is loaded`);
    }
  });

  it('is loaded by the first connect, TLS and compression excepted', () => {
    const loaded = loadedBy(`await webSocket.createWebSocket().connect(${nowhere}).catch(() => {})`);
    assert.ok(loaded.includes('NativeModule net'));
    for (const name of ['tls', 'zlib']) assert.ok(!loaded.includes(`NativeModule ${name}`), `${name} is loaded`);
  });
});

describe('while the code of a connection is loaded, as later', () => {
  it('the object is connecting: no second connect, no send', async () => {
    const { loading, loaded } = await twice(`
      const first = connect(${nowhere});
      const second = ws.connect(${nowhere}).catch(({ code }) => code);
      const sent = ws.send('x').catch(({ code }) => code);
      await first;
      tell('second', await second);
      tell('send', await sent);`);
    assert.deepEqual(loading, loaded);
    assert.match((loading as string[])[0]!, /^error .*connection refused/);
    assert.match((loading as string[])[1]!, /^connect 2302999 .*connection refused/);
    assert.deepEqual((loading as string[]).slice(2), ['second 2302003', 'send 2302999']);
  });

  it('close ends the attempt, after its call, and the object can connect again', async (t) => {
    const server = await startEchoServer();
    t.after(() => server.close());
    const { loading, loaded } = await twice(`
      const first = connect(${nowhere});
      ws.close((error, value) => tell('closed', error, value));
      ws.close().then((value) => tell('closed as well', value));
      tell('after the call');
      tell('second', await ws.connect(${nowhere}).catch(({ code }) => code));
      await first;
      await connect('${server.url}', { proxy: 'no-proxy' });
      await ws.close();`);
    assert.deepEqual(loading, loaded);
    const failed = 'close was called before the connection was open.';
    const [after, error, connect, close, closed, ...more] = (loading as string[]).filter(
      (line) => !/^(second|head)/.test(line),
    );
    assert.deepEqual(
      [after, error!.toLowerCase(), connect!.toLowerCase(), close, closed],
      [
        'after the call',
        `error websocket connect failed. ${failed}`,
        `connect 2302999 websocket other unknown error. ${failed} false`,
        'close {"code":1006,"reason":""}',
        'closed  true',
      ],
    );
    assert.deepEqual(more, [
      'closed as well true',
      'open Switching Protocols',
      'openInfo Switching Protocols',
      'connect   true',
      'close {"code":1000,"reason":""}',
    ]);
  });

  it('a signal ends the attempt, also one that was aborted before', async () => {
    const { loading, loaded } = await twice(`
      const controller = new AbortController();
      const connecting = connect('ws://127.0.0.1:1/', { proxy: 'no-proxy', signal: controller.signal });
      controller.abort(new Error('enough'));
      tell('after the call');
      await connecting;
      await connect('ws://127.0.0.1:1/', { proxy: 'no-proxy', signal: controller.signal });`);
    assert.deepEqual(loading, loaded);
    const lines = loading as string[];
    assert.equal(lines.length, 5);
    assert.equal(lines[0], 'after the call');
    for (const line of lines.slice(1)) assert.match(line, /^(error|connect) .*aborted by its signal/);
  });

  it('a signal has no effect and no listener once the connection is open', async (t) => {
    const server = await startEchoServer();
    t.after(() => server.close());
    const { loading, loaded } = await twice(`
      const listeners = new Set();
      const signal = {
        aborted: false,
        addEventListener: (type, listener) => listeners.add(listener),
        removeEventListener: (type, listener) => listeners.delete(listener),
      };
      await connect('${server.url}', { proxy: 'no-proxy', signal });
      told.length = 0;
      tell(listeners.size);
      await ws.close();`);
    assert.deepEqual(loading, loaded);
    assert.deepEqual(loading, ['0', 'close {"code":1000,"reason":""}']);
  });

  it('the environment is the one at the call of connect', async () => {
    const { loading, loaded } = await twice(`
      process.env.http_proxy = 'http://127.0.0.1:1';
      const connecting = connect('ws://server.test/');
      delete process.env.http_proxy;
      await connecting;`);
    assert.deepEqual(loading, loaded);
    assert.match((loading as string[])[0]!, /the proxy 127\.0\.0\.1:1/);
  });

  it('the object is free again after a failure that shows before any connection is made', async () => {
    const { loading, loaded } = await twice(`
      process.env.http_proxy = 'socks://127.0.0.1:1';
      await connect('ws://server.test/');
      tell('close', await ws.close().catch(({ code }) => code));
      await connect('ws://server.test/');
      delete process.env.http_proxy;`);
    assert.deepEqual(loading, loaded);
    const told = (loading as string[]).map((line) => line.split(' ', 2).join(' '));
    const failed = ['error Websocket', 'connect 2302999'];
    assert.deepEqual(told, [...failed, 'close 2302999', ...failed]);
  });

  it('diagnostics channels tell of an attempt that was given up', async () => {
    const { loading, loaded } = await twice(`
      const seen = [];
      const ended = new Promise((resolve) => {
        for (const name of ['handshake', 'close']) subscribe('ohos-websocket:' + name, ({ type, failure }) => {
          seen.push(type, failure?.message ?? '');
          if (type === 'close') resolve();
        });
      });
      const connecting = connect(${nowhere});
      void ws.close();
      await Promise.all([connecting, ended]);
      told.length = 0;
      tell(...seen.slice(0, 4));`);
    assert.deepEqual(loading, loaded);
    assert.deepEqual(loading, ['connecting  close close was called before the connection was open']);
  });
});
