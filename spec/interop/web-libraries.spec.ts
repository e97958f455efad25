/** Libraries that take a WebSocket class: each with ours, unchanged, against the real server of its kind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { type Library, Local, listen, loader, unless } from './library.js';
import { NodeStyleWebSocket } from './node-style.js';

const { load } = loader('spec/interop');

// Engine.IO's client looks for the global class when it is loaded.
(globalThis as { WebSocket?: unknown }).WebSocket = Local;

const [
  wsModule,
  graphqlWs,
  graphqlWsServer,
  graphql,
  reconnectingModule,
  mqtt,
  aedesModule,
  stomp,
  rpc,
  io,
  ioClient,
  engine,
] = await Promise.all(
  [
    'ws',
    'graphql-ws',
    'graphql-ws/use/ws',
    'graphql',
    'reconnecting-websocket',
    'mqtt',
    'aedes',
    '@stomp/stompjs',
    'rpc-websockets',
    'socket.io',
    'socket.io-client',
    'engine.io-client',
  ].map(load),
);

const ws = wsModule?.default ?? wsModule;

describe('libraries, with our class for their WebSocket', { timeout: 30_000 }, () => {
  it('graphql-ws: a query and a subscription', { skip: unless(ws, graphqlWs, graphqlWsServer, graphql) }, async () => {
    const { buildSchema } = graphql;
    const schema = buildSchema('type Query { hello: String } type Subscription { count: Int }');
    schema.getQueryType().getFields().hello.resolve = () => 'world';
    schema.getSubscriptionType().getFields().count.subscribe = async function* () {
      for (let count = 1; count <= 3; count++) yield { count };
    };
    const http = createServer();
    const server = new ws.WebSocketServer({ server: http, path: '/graphql' });
    const ended = graphqlWsServer.useServer({ schema }, server);
    const client = graphqlWs.createClient({ url: `ws://${await listen(http)}/graphql`, webSocketImpl: Local });
    try {
      const results: unknown[] = [];
      for await (const { data } of client.iterate({ query: '{ hello }' })) results.push(data.hello);
      for await (const { data } of client.iterate({ query: 'subscription { count }' })) results.push(data.count);
      assert.deepEqual(results, ['world', 1, 2, 3]);
    } finally {
      await client.dispose();
      await ended.dispose();
      http.close();
    }
  });

  it('reconnecting-websocket: comes back after the server has gone', {
    skip: unless(ws, reconnectingModule),
  }, async () => {
    const Reconnecting = reconnectingModule.default?.default ?? reconnectingModule.default;
    const http = createServer();
    const server = new ws.WebSocketServer({ server: http });
    let connections = 0;
    server.on('connection', (peer: Library) => {
      peer.send(`connection ${++connections}`);
      if (connections === 1) peer.on('message', () => peer.terminate());
    });
    const options = { WebSocket: Local, minReconnectionDelay: 1, maxReconnectionDelay: 2 };
    const client = new Reconnecting(`ws://${await listen(http)}`, [], options);
    const got: string[] = [];
    await new Promise<void>((resolve) => {
      client.addEventListener('message', ({ data }: { data: string }) => {
        got.push(data);
        if (got.length === 1) client.send('go away');
        else resolve();
      });
    });
    client.close();
    server.close();
    http.close();
    assert.deepEqual(got, ['connection 1', 'connection 2']);
  });

  it('mqtt: subscribe and publish through createWebsocket', { skip: unless(ws, mqtt, aedesModule) }, async () => {
    const Aedes = aedesModule.Aedes ?? aedesModule.default;
    const broker = Aedes.createBroker === undefined ? new Aedes() : await Aedes.createBroker();
    const http = createServer();
    const server = new ws.WebSocketServer({ server: http });
    server.on('connection', (peer: Library, request: unknown) => {
      broker.handle(ws.createWebSocketStream(peer), request);
    });
    const connect = mqtt.connect ?? mqtt.default.connect;
    const client = connect(`ws://${await listen(http)}`, {
      // Its own transport for Node is made for ws; a class of browsers is wrapped as its browser build does.
      forceNativeWebSocket: true,
      createWebsocket: (url: string, protocols: string[]) => new Local(url, protocols),
    });
    try {
      await once(client, 'connect');
      await client.subscribeAsync('topic');
      const message = once(client, 'message');
      await client.publishAsync('topic', Buffer.from([1, 2, 3]));
      const [topic, payload] = (await message) as [string, Buffer];
      assert.deepEqual([topic, [...payload]], ['topic', [1, 2, 3]]);
    } finally {
      await client.endAsync();
      broker.close();
      server.close();
      http.close();
    }
  });

  it('@stomp/stompjs: through webSocketFactory', { skip: unless(ws, stomp) }, async () => {
    const http = createServer();
    const server = new ws.WebSocketServer({ server: http, handleProtocols: () => 'v12.stomp' });
    // The smallest broker of STOMP 1.2: what is sent to a destination goes to its subscription.
    server.on('connection', (peer: Library) => {
      let subscription = '';
      peer.on('message', (data: Buffer) => {
        const frame = data.toString();
        const header = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(frame)?.[1] ?? '';
        if (frame.startsWith('CONNECT')) peer.send('CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0');
        if (frame.startsWith('SUBSCRIBE')) subscription = header('id');
        if (frame.startsWith('SEND')) {
          const body = frame.slice(frame.indexOf('\n\n') + 2);
          peer.send(
            `MESSAGE\nsubscription:${subscription}\nmessage-id:1\ndestination:${header('destination')}\n\n${body}`,
          );
        }
        if (frame.startsWith('DISCONNECT')) peer.send(`RECEIPT\nreceipt-id:${header('receipt')}\n\n\0`);
      });
    });
    const url = `ws://${await listen(http)}`;
    const client = new stomp.Client({ webSocketFactory: () => new Local(url, ['v12.stomp']), reconnectDelay: 0 });
    const body = await new Promise((resolve) => {
      client.onConnect = () => {
        client.subscribe('/queue', (message: { body: string }) => resolve(message.body));
        client.publish({ destination: '/queue', body: 'h\u00e9llo' });
      };
      client.activate();
    });
    await client.deactivate();
    server.close();
    http.close();
    assert.equal(body, 'h\u00e9llo');
  });

  it('rpc-websockets: a call and a notification', { skip: unless(rpc) }, async () => {
    const server = new rpc.Server({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.register('sum', ([a, b]: number[]) => a! + b!);
    const { port } = (server.wss ?? server).address() as AddressInfo;
    const CommonClient = rpc.CommonClient ?? rpc.default.CommonClient;
    const client = new CommonClient((url: string) => new NodeStyleWebSocket(url), `ws://127.0.0.1:${port}`, {
      reconnect: false,
    });
    await once(client, 'open');
    assert.equal(await client.call('sum', [2, 3]), 5);
    client.close();
    await server.close();
  });

  it('socket.io-client: events both ways', { skip: unless(io, ioClient, engine) }, async () => {
    const http = createServer();
    const server = new io.Server(http);
    server.on('connection', (socket: Library) => {
      socket.on('echo', (...args: Library[]) => args.at(-1)(...args.slice(0, -1)));
    });
    const address = await listen(http);
    try {
      const { WebSocket: Transport } = engine;
      const client = ioClient.io(`http://${address}`, { transports: [Transport], reconnection: false });
      await once(client, 'connect');
      const [text, bytes] = await new Promise<[string, Buffer]>((resolve) => {
        client.emit('echo', 'hello', Buffer.from([1, 2, 3]), (...answer: Library[]) =>
          resolve(answer as [string, Buffer]),
        );
      });
      assert.deepEqual([text, [...bytes]], ['hello', [1, 2, 3]]);
      client.close();
    } finally {
      await server.close();
    }
  });
});
