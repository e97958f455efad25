import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { planConnect } from '../../../lib/api/options.js';
import { auditDialer } from '../../../lib/cli/audit/dialer.js';

async function listening(t: TestContext, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return server;
}

function dialing(server: Server, scheme = 'ws') {
  const { port } = server.address() as AddressInfo;
  return auditDialer(planConnect(`${scheme}://127.0.0.1:${port}/`, { proxy: 'no-proxy' }).dial);
}

describe('the connections of an audit', () => {
  it('pass any bytes on, both ways, and report the end of TCP', async (t) => {
    const server = await listening(t, (socket) => {
      socket.on('data', (bytes) => socket.end(`you said ${bytes}`));
    });
    let received = '';
    const ended = new Promise<string | undefined>((resolve) => {
      const handler = { received: (bytes: Buffer) => (received += bytes), ended: resolve };
      void dialing(server)(handler, new AbortController().signal).then((stream) => {
        stream.write(Buffer.from('anything'), () => {});
      });
    });
    assert.equal(await ended, undefined);
    assert.equal(received, 'you said anything');
  });

  it('report nothing once they are destroyed', async (t) => {
    const gone = new Promise<void>((resolve) => {
      void listening(t, (socket) => {
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      }).then(async (server) => {
        const handler = { received: () => assert.fail(), ended: () => assert.fail() };
        (await dialing(server)(handler, new AbortController().signal)).destroy();
      });
    });
    await gone;
  });

  it('fail with a sentence, and say how far they got when the time is over', async (t) => {
    const server = await listening(t, (socket) => socket.on('error', () => {}));
    const handler = { received: () => {}, ended: () => {} };
    const abort = new AbortController();
    // A server that never answers TLS.
    const secure = dialing(server, 'wss')(handler, abort.signal);
    server.once('connection', () => abort.abort());
    await assert.rejects(secure, /nothing within the time; it got as far as: (TCP connection|TLS handshake)/);
    const refused = dialing(server);
    server.close();
    await assert.rejects(refused(handler, new AbortController().signal), /refused/);
  });
});
