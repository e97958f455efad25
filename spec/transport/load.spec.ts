import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { load } from '../../lib/transport/load.js';
import { certificates } from '../peer/certificates.js';

describe('a module that is loaded when needed', () => {
  it('is the same as by import(), which is not asked', async () => {
    const loaded = await load<object>('shared-timer.js', () => assert.fail('asked'));
    assert.equal(loaded, await import('../../lib/transport/shared-timer.js'));
  });

  it('is asked of import() when it cannot be required', async () => {
    assert.equal(await load('not-there.js', () => Promise.resolve('imported')), 'imported');
  });
});

describe('the first connect of a process', { skip: process.platform === 'win32' }, () => {
  for (const [kind, left] of [
    ['ws', 0],
    ['ws', 2],
    ['wss', 0],
    ['wss', 1],
  ] as const) {
    it(`to ${kind}: with ${left} file descriptors left fails at most, and the next one succeeds`, async (t) => {
      const certs = await certificates();
      const server = await startEchoServer(kind === 'wss' ? { tls: certs.server.pem() } : {});
      t.after(() => server.close());
      const options = { proxy: 'no-proxy', caPath: certs.root, perMessageDeflate: true };
      const index = JSON.stringify(new URL('../../lib/index.js', import.meta.url).href);
      const program = `
        import { closeSync, openSync } from 'node:fs';
        import { webSocket } from ${index};
        const events = [];
        const connect = async () => {
          const ws = webSocket.createWebSocket();
          ws.on('error', ({ code, message }) => events.push('error ' + code + ' ' + message));
          await ws.connect(${JSON.stringify(server.url)}, ${JSON.stringify(options)});
          await ws.close();
          return 'connected';
        };
        const opened = [];
        try { for (;;) opened.push(openSync('/dev/null', 'r')); } catch {}
        for (let count = 0; count < ${left}; count++) closeSync(opened.pop());
        const first = await connect().catch(({ message }) => [...events.splice(0), message].join('; '));
        for (const descriptor of opened) closeSync(descriptor);
        console.log(JSON.stringify([first, await connect()]));`;
      const script = 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"';
      const child = spawn('sh', ['-c', script, process.execPath, program], { stdio: ['ignore', 'pipe', 'inherit'] });
      let printed = '';
      child.stdout.on('data', (chunk) => {
        printed += chunk;
      });
      await once(child, 'close');
      const [first, second] = JSON.parse(printed) as [string, string];
      assert.equal(second, 'connected');
      assert.match(
        first,
        left === 0 ? /^error 200 .*(?:EMFILE|too many open files).*; Websocket other unknown error.*EMFILE/ : /./,
      );
    });
  }
});
