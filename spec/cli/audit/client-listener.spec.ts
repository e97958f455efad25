import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { describe, it } from 'node:test';
import { listenForClients, startCommand } from '../../../lib/cli/audit/client-listener.js';

const nowhere = { received: (): void => {}, ended: (): void => {} };
const never = new AbortController().signal;
const local = { host: '127.0.0.1', port: 0, waitTime: 60_000 };

describe('a listener for clients', () => {
  it('keeps whoever came by itself for the next question', async () => {
    const listener = await listenForClients(local);
    const { port } = new URL(listener.url);
    const sockets = [net.connect(Number(port), '127.0.0.1'), net.connect(Number(port), '127.0.0.1')];
    await listener.ready();
    listener.clear();
    for (const _socket of sockets) (await listener.accept(nowhere, never)).destroy();
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
    await listener.close();
  });

  it('hands over what a client sent before anybody asked', async () => {
    const listener = await listenForClients(local);
    const socket = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('hello');
    await listener.ready();
    const text = await new Promise<string>((resolve) => {
      void listener.accept({ received: (bytes) => resolve(bytes.toString()), ended: () => {} }, never);
    });
    assert.equal(text, 'hello');
    await listener.close();
  });

  it('says when none came, in time or at all', async () => {
    const patient = await listenForClients({ ...local, waitTime: 1 });
    await assert.rejects(patient.ready(), /none within 0.001 s/);
    await patient.close();
    const start = (_url: string, ended: (how: string) => void) => {
      setImmediate(() => ended('it ended'));
      return { stop: () => {} };
    };
    const listener = await listenForClients({ ...local, start });
    await assert.rejects(listener.ready(), /it ended/);
    await assert.rejects(listener.accept(nowhere, AbortSignal.abort()), /no other client in time|it ended/);
    await listener.close();
  });

  it('does not miss a client because a probe before had waited for one in vain', { timeout: 30_000 }, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const listener = await listenForClients(local);
    const probe = new AbortController();
    const second = listener.accept(nowhere, probe.signal);
    probe.abort();
    await assert.rejects(second, /no other client in time/);
    t.mock.timers.tick(30_000);
    const next = listener.ready();
    t.mock.timers.tick(40_000); // the time of the first one to wait is over, that of this one is not
    await new Promise(setImmediate);
    const socket = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    socket.on('error', () => {});
    await next;
    await listener.close();
  });

  it('starts a client for every question, and stops the one before', async () => {
    const log: string[] = [];
    let count = 0;
    const start = (url: string) => {
      const name = ++count;
      const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {});
      log.push(`start ${name}`);
      return { stop: () => void log.push(`stop ${name}`) };
    };
    const listener = await listenForClients({ ...local, start });
    for (let question = 0; question < 2; question++) {
      await listener.ready();
      (await listener.accept(nowhere, never)).destroy();
      listener.clear();
    }
    await listener.close();
    assert.deepEqual(log, ['start 1', 'stop 1', 'start 2', 'stop 2']);
  });
});

describe('a client that is a command', () => {
  it('gets the URL as its last argument, and says how it ended', async () => {
    const code = JSON.stringify("process.exit(process.argv.at(-1) === 'ws://there/' ? 7 : 1)");
    const how = await new Promise<string>((resolve) => {
      startCommand(`"${process.execPath}" -e ${code}`, 'ws://there/', resolve);
    });
    assert.equal(how, 'the command ended with status 7');
  });

  it('has died of a signal, of which a shell may tell by a status, and of no other status', async () => {
    for (const [code, expected] of [
      ['process.exit(139)', ['SIGSEGV', true]],
      ['process.kill(process.pid, 9)', ['SIGKILL', true]],
      ['process.exit(255)', ['status 255', false]],
    ] as const) {
      const ended = await new Promise<readonly [how: string, died: boolean]>((resolve) => {
        const end = (how: string, died: boolean): void => resolve([how, died]);
        startCommand(`"${process.execPath}" -e ${JSON.stringify(code)}`, 'ws://there/', end);
      });
      assert.deepEqual(ended, [`the command ended with ${expected[0]}`, expected[1]]);
    }
  });

  it('is stopped without a word', async () => {
    const server = net.createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as net.AddressInfo;
    const code = JSON.stringify(`net.connect(${port}, '127.0.0.1'); setInterval(() => {}, 1000)`);
    const client = startCommand(`"${process.execPath}" -e ${code}`, '', () => assert.fail('it was stopped'));
    const [socket] = (await once(server, 'connection')) as [net.Socket];
    socket.on('error', () => {});
    client.stop();
    await once(socket.resume(), 'close');
    server.close();
  });
});
