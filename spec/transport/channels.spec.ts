import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { subscribe as subscribeChannel, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createWebSocket, type WebSocket } from '../../lib/api/websocket.js';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import type { Channel, ChannelEvents, ObservedEvent } from '../../lib/protocol/recording/events.js';
import { subscribe } from '../../lib/trace/subscribe.js';
import { switchingProtocols } from '../peer/acceptance.js';
import { closeFrame, type ReceivedFrame } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

const allChannels: Channel[] = ['handshake', 'frame', 'message', 'rule', 'close', 'session'];

/** Runs with everything that the channels tell, copied. */
async function observed(
  channels: readonly Channel[],
  run: (events: ObservedEvent[]) => Promise<void>,
): Promise<ObservedEvent[]> {
  const events: ObservedEvent[] = [];
  const end = subscribe(channels, (event) => events.push(structuredClone(event)));
  try {
    await run(events);
  } finally {
    end();
  }
  return events;
}

async function withEcho(run: (server: EchoServer) => Promise<void>): Promise<void> {
  const server = await startEchoServer();
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

/** Sends each message, waits for its echo, and closes. */
async function echo(url: string, messages: readonly (string | Uint8Array)[], options = {}): Promise<void> {
  const socket = createWebSocket();
  socket.on('error', () => {});
  await socket.connect(url, options);
  for (const message of messages) {
    const echoed = next(socket);
    void socket.send(message);
    await echoed;
  }
  await socket.close({ code: 1000, reason: 'bye' });
}

function next(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const listener = (): void => {
      socket.off('message', listener);
      resolve();
    };
    socket.on('message', listener);
  });
}

function ofType<T extends ObservedEvent['type']>(events: readonly ObservedEvent[], type: T) {
  return events.filter((event): event is Extract<ObservedEvent, { type: T }> => event.type === type);
}

describe('diagnostics channels', () => {
  it('tell of a connection from the attempt to its end, in order', () =>
    withEcho(async ({ url }) => {
      const events = await observed(['handshake', 'frame', 'message', 'rule', 'close'], () =>
        echo(`${url}chat`, ['hello', new Uint8Array([1, 2, 3])], { protocol: 'a, b' }),
      );
      assert.deepEqual(
        events.map((event) => ('direction' in event ? `${event.type} ${event.direction}` : event.type)),
        [
          'connecting',
          'step',
          'request sent',
          'response received',
          'open',
          'frame sent',
          'message sent',
          'frame received',
          'message received',
          'frame sent',
          'message sent',
          'frame received',
          'message received',
          'frame sent',
          'frame received',
          'close',
        ],
      );
      assert.equal(new Set(events.map(({ connection }) => connection)).size, 1);
      const times = events.map(({ time }) => time);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }));

  it('carry heads, frames and messages with their byte offsets', () =>
    withEcho(async ({ url }) => {
      const events = await observed(['handshake', 'frame', 'message', 'close'], () =>
        echo(`${url}chat?x=1`, ['hello', 'again'], { header: { 'X-A': '1' } }),
      );
      const [connecting] = ofType(events, 'connecting');
      const [request] = ofType(events, 'request');
      const [response] = ofType(events, 'response');
      assert.equal(connecting!.url, `${url}chat?x=1`);
      assert.equal(request!.startLine, 'GET /chat?x=1 HTTP/1.1');
      assert.deepEqual(request!.fields.at(-1), ['X-A', '1']);
      assert.deepEqual([response!.status, response!.version, response!.offset], [101, '1.1', 0]);

      const frames = ofType(events, 'frame');
      const [sent, sentNext] = frames.filter(({ direction }) => direction === 'sent');
      assert.equal(sent!.offset, request!.bytes.length);
      assert.equal(sentNext!.offset, sent!.offset + 2 + 4 + 5);
      assert.deepEqual([sent!.fin, sent!.rsv, sent!.opcode, sent!.masked, sent!.length], [true, 0, 1, true, 5]);
      assert.equal(Buffer.from(sent!.payload).toString(), 'hello');
      const [received, receivedNext] = frames.filter(({ direction }) => direction === 'received');
      assert.equal(receivedNext!.offset, received!.offset + 2 + 5);
      assert.deepEqual([received!.masked, received!.maskingKey], [false, 0]);

      const messages = ofType(events, 'message');
      assert.deepEqual(
        messages.map(({ direction, data, offset }) => [direction, data, offset]),
        [
          ['sent', 'hello', sent!.offset],
          ['received', 'hello', received!.offset],
          ['sent', 'again', sentNext!.offset],
          ['received', 'again', receivedNext!.offset],
        ],
      );
      const [close] = ofType(events, 'close');
      assert.deepEqual([close!.code, close!.opened, close!.failure], [1000, true, undefined]);
    }));

  it('tell which rule was broken, and how the connection ended', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (request) => {
        const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(request.toString('latin1'))![1]!;
        const head = switchingProtocols(key!);
        socket.end(Buffer.concat([Buffer.from(head), Buffer.from([0xc1, 0x00])])); // RSV1
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const events = await observed(['handshake', 'rule', 'close'], async () => {
        const socket = createWebSocket();
        socket.on('error', () => {});
        const closed = new Promise((resolve) => socket.on('close', resolve));
        await socket.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
        await closed;
      });
      const [rule] = ofType(events, 'rule');
      assert.equal(rule!.id, 'frame-rsv');
      assert.equal(rule!.section, 'RFC 6455 §5.2');
      assert.equal(rule!.got, 'RSV1 set');
      assert.equal(rule!.closeCode, 1002);
      const [close] = ofType(events, 'close');
      assert.equal(close!.code, 1002);
      assert.match(close!.failure!.message, /RSV1/);
    } finally {
      server.close();
    }
  });

  it('tell of an attempt that never got a connection', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const events = await observed(allChannels, () =>
      assert.rejects(createWebSocket().connect(`ws://127.0.0.1:${port}/`)),
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      ['connecting', 'call', 'close'],
    );
    const [close] = ofType(events, 'close');
    assert.deepEqual([close!.code, close!.opened], [1006, false]);
    assert.match(close!.failure!.message, /refused/);
  });

  it('tell of an attempt that was given up while connecting', () =>
    withEcho(async ({ url }) => {
      const events = await observed(['handshake', 'close'], async () => {
        const socket = createWebSocket();
        const connected = socket.connect(url);
        await Promise.all([assert.rejects(connected), socket.close()]);
      });
      assert.deepEqual(
        events.map(({ type }) => type),
        ['connecting', 'close'],
      );
    }));

  it('tell nothing more of an attempt that a listener gave up when the response was there', () =>
    withEcho(async ({ url }) => {
      const told: string[] = [];
      const events = await observed(['handshake', 'close'], async () => {
        const socket = createWebSocket();
        socket.on('error', () => told.push('error'));
        socket.on('open', () => told.push('open'));
        socket.on('close', () => told.push('close'));
        const closed = new Promise((resolve) => socket.on('headerReceive', () => void socket.close().then(resolve)));
        await assert.rejects(socket.connect(url));
        await closed;
      });
      assert.deepEqual(
        events.map(({ type }) => type),
        ['connecting', 'step', 'request', 'response', 'close'],
      );
      assert.deepEqual(told, ['error', 'close']);
    }));

  it('are silent about a connection that started before anybody subscribed', () =>
    withEcho(async ({ url }) => {
      const socket = createWebSocket();
      await socket.connect(url);
      const events = await observed(allChannels, async () => {
        const echoed = next(socket);
        void socket.send('unseen');
        await echoed;
        await socket.close();
      });
      assert.deepEqual(events, []);
    }));

  it('build payloads only for the channels that have a subscriber', () =>
    withEcho(async ({ url }) => {
      const events = await observed(['close'], () => echo(url, ['hello']));
      assert.deepEqual(
        events.map(({ type }) => type),
        ['close'],
      );
    }));

  it('tell every call that goes into a session, with its depth', () =>
    withEcho(async ({ url }) => {
      const events = await observed(['session'], async () => {
        const socket = createWebSocket();
        const closed = new Promise((resolve) => socket.on('close', resolve));
        socket.on('open', () => void socket.send('from a listener'));
        socket.on('message', () => void socket.close());
        await socket.connect(url);
        await closed;
      });
      const calls = ofType(events, 'call').map(({ call, depth }) => `${call.method} ${depth}`);
      assert.deepEqual(calls.slice(0, 4), ['receive 0', 'send 1', 'receive 0', 'close 1']);
    }));

  it('tell of a peer that does not keep up when no message is half written: a subscriber may close then', async (t) => {
    const message = Buffer.alloc(16 * 2 ** 20, 'x'); // more than a kernel takes
    const received: ReceivedFrame[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let next = await link.frame(); next !== undefined && received.push(next) < 2; ) next = await link.frame();
      link.end(closeFrame(1000));
    });
    const socket = createWebSocket();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const listener = (event: unknown): void => {
      const { call } = event as Partial<ChannelEvents['session'] & { type: 'call' }>;
      if (call?.method === 'congested' && call.congested) void socket.close();
    };
    subscribeChannel('ohos-websocket:session', listener);
    t.after(() => unsubscribe('ohos-websocket:session', listener));
    await socket.connect(peer.url);
    assert.equal(await socket.send(message), true);
    await closed;
    assert.deepEqual(
      received.map(({ opcode }) => opcode),
      [Opcode.binary, Opcode.close],
    );
    assert.ok(received[0]!.payload.equals(message));
  });

  it('keep the connection alive when a subscriber throws', () =>
    withEcho(async ({ url }) => {
      const fault = new Error('a faulty subscriber');
      const listener = (event: unknown): void => {
        if ((event as ChannelEvents['frame']).direction === 'sent') throw fault;
      };
      const thrown: unknown[] = [];
      const onUncaught = (error: unknown): unknown => thrown.push(error);
      // The runner's own listeners would fail the test.
      const before = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', onUncaught);
      subscribeChannel('ohos-websocket:frame', listener);
      try {
        await echo(url, ['hello']);
      } finally {
        unsubscribe('ohos-websocket:frame', listener);
        process.off('uncaughtException', onUncaught);
        for (const one of before) process.on('uncaughtException', one);
      }
      assert.deepEqual(thrown, [fault, fault]);
    }));
});
