import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { failure, record } from '../api/recorder.js';

interface Verdict {
  readonly before: string[];
  readonly without: string[][];
  readonly after: string[];
}

describe('a system that cannot', () => {
  it('open another socket (EMFILE): the attempts fail, once each, and later ones succeed', async (t) => {
    const server = await startEchoServer();
    t.after(() => server.close());
    const program = fileURLToPath(new URL('few-descriptors-client.js', import.meta.url));
    const child = spawn('sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const exited = once(child, 'exit');
    child.send(server.url);
    const [{ before, without, after }] = (await once(child, 'message')) as [Verdict];
    assert.deepEqual(before, ['connected', 'close 1000']);
    for (const events of without) {
      assert.equal(events.length, 2);
      assert.match(events[0]!, /^error Websocket connect failed\. .*(EMFILE|too many open files|file descriptors)/i);
      assert.equal(events[1], 'failed 2302999');
    }
    assert.deepEqual(after, ['connected', 'close 1000']);
    assert.deepEqual(await exited, [0, null]);
  });

  it('resolve a name: error, then the failure of connect, and no handle', async (t) => {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL']) {
      const lookup = t.mock.method(dns, 'lookup', ((_host: string, _options: object, done: (error: Error) => void) => {
        setImmediate(() => done(Object.assign(new Error(`getaddrinfo ${code}`), { code, syscall: 'getaddrinfo' })));
      }) as unknown as typeof dns.lookup);
      const { ws, order, errors } = record();
      const failed = await failure(ws.connect('ws://nowhere.test/', { proxy: 'no-proxy' }));
      assert.equal(failed.code, 2302999);
      assert.match(failed.message, /nowhere\.test/);
      assert.deepEqual(order, ['error']);
      assert.equal(errors[0]?.data, '0');
      assert.equal(lookup.mock.callCount(), 1);
      lookup.mock.restore();
    }
  });
});
