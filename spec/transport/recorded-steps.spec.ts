import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { createWebSocket } from '../../lib/api/websocket.js';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import type { StepEvent } from '../../lib/protocol/recording/events.js';
import { Recorder } from '../../lib/protocol/recording/recorder.js';
import { subscribe } from '../../lib/trace/subscribe.js';
import { RecordedSteps } from '../../lib/transport/recorded-steps.js';
import { certificates } from '../peer/certificates.js';
import { peer, secureEcho } from '../peer/dialling.js';
import { at, tunnelTo } from '../peer/tunnelling.js';

/** The steps of an attempt to connect, whatever comes of it. */
async function stepsTo(url: string, options: WebSocketClientOptions): Promise<StepEvent[]> {
  const steps: StepEvent[] = [];
  const end = subscribe(['handshake'], (event) => event.type === 'step' && steps.push(event));
  const socket = createWebSocket();
  socket.on('error', () => {});
  await socket.connect(url, { ...options, handshakeTimeout: 1000 }).catch(() => {});
  socket.close().catch(() => {});
  end();
  return steps;
}

describe('the steps of the way to a server', () => {
  it('have their durations, and start when the first one is entered', () => {
    const seen: StepEvent[] = [];
    const recorder = new Recorder(
      1,
      () => 0,
      (_channel, build) => seen.push(build() as StepEvent),
    );
    let now = 100;
    const steps = new RecordedSteps(recorder, () => now);
    now = 105;
    steps.start();
    now = 107.5;
    steps.done('DNS lookup', undefined);
    now = 110;
    steps.done('TCP connection', undefined);
    assert.deepEqual(
      seen.map(({ step, duration }) => [step, duration]),
      [
        ['DNS lookup', 2.5],
        ['TCP connection', 2.5],
      ],
    );
  });

  it('are reported with both ends of the TCP connection', async () => {
    const server = await startEchoServer();
    const [tcp, ...more] = await stepsTo(server.url, { proxy: 'no-proxy' });
    await server.close();
    assert.deepEqual([tcp!.step, tcp!.tls, more], ['TCP connection', undefined, []]);
    assert.equal(tcp!.tcp!.address, '127.0.0.1');
    assert.equal(String(tcp!.tcp!.port), new URL(server.url).port);
    assert.ok(tcp!.tcp!.localPort > 0);
  });

  it('are reported with what TLS was agreed on, directly and through a proxy', async (t: TestContext) => {
    const { server, root } = await certificates();
    const port = await secureEcho(t, server.pem());
    const url = `wss://localhost:${port}/`;
    const direct = await stepsTo(url, { proxy: 'no-proxy', caPath: root });
    assert.deepEqual(
      direct.map(({ step }) => step),
      ['TCP connection', 'TLS handshake'],
    );
    const { version, cipher, certificate } = direct[1]!.tls!;
    assert.deepEqual([version, cipher.startsWith('TLS_'), typeof certificate], ['TLSv1.3', true, 'string']);
    const { proxy } = at(await peer(t, tunnelTo('127.0.0.1')));
    const tunneled = await stepsTo(url, { proxy, caPath: root });
    assert.deepEqual(
      tunneled.map(({ step }) => step),
      ['TCP connection', 'proxy', 'TLS handshake'],
    );
  });
});
