/** Further libraries that take a WebSocket class, each with ours against the real server of its kind; heavy, for `make interop`. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { type Library, Local, listen, loader, unless } from './library.js';

const { load, require } = loader('spec/interop/libraries');

// The client of SockJS looks for the global class when it is loaded.
(globalThis as { WebSocket?: unknown }).WebSocket = Local;

const [wsModule, Y, yProvider, yServer, hocuspocus, hocuspocusServer, sockjs, stompBroker, stomp] = await Promise.all(
  [
    'ws',
    'yjs',
    'y-websocket',
    '@y/websocket-server/utils',
    '@hocuspocus/provider',
    '@hocuspocus/server',
    'sockjs',
    'stomp-broker-js',
    '@stomp/stompjs',
  ].map(load),
);
const [trpc, trpcClient, trpcServer] = await Promise.all(
  ['@trpc/server', '@trpc/client', '@trpc/server/adapters/ws'].map(load),
);
const ws = wsModule?.default ?? wsModule;

/** Resolves when the document has the text. */
function text(document: Library, expected: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.getText('text').toString() === expected) resolve();
    };
    document.on('update', look);
    look();
  });
}

describe('further libraries, with our class for their WebSocket', { timeout: 30_000 }, () => {
  it('y-websocket: two documents become one', { skip: unless(ws, Y, yProvider, yServer) }, async () => {
    const http = createServer();
    const server = new ws.WebSocketServer({ server: http });
    server.on('connection', yServer.setupWSConnection);
    const url = `ws://${await listen(http)}`;
    const documents = [new Y.Doc(), new Y.Doc()];
    const providers = documents.map(
      (document) =>
        new yProvider.WebsocketProvider(url, 'room', document, { WebSocketPolyfill: Local, disableBc: true }),
    );
    documents[0].getText('text').insert(0, 'h\u00e9llo');
    await text(documents[1], 'h\u00e9llo');
    for (const provider of providers) provider.destroy();
    for (const document of [...documents, ...yServer.docs.values()]) document.destroy();
    for (const peer of server.clients) peer.terminate();
    server.close();
    http.close();
  });

  it('@hocuspocus/provider: two documents become one', {
    skip: unless(Y, hocuspocus, hocuspocusServer),
  }, async () => {
    const server = new hocuspocusServer.Server({ port: 0, address: '127.0.0.1', quiet: true });
    await server.listen(0);
    const url = `ws://127.0.0.1:${server.address.port}`;
    const sides = [0, 1].map(() => {
      const document = new Y.Doc();
      const socket = new hocuspocus.HocuspocusProviderWebsocket({ url, WebSocketPolyfill: Local });
      const provider = new hocuspocus.HocuspocusProvider({ websocketProvider: socket, name: 'name', document });
      provider.attach();
      return { document, socket, provider };
    });
    sides[0]!.document.getText('text').insert(0, 'hello');
    await text(sides[1]!.document, 'hello');
    for (const { provider, socket } of sides) {
      provider.destroy();
      socket.destroy();
    }
    await server.destroy();
  });

  it('sockjs-client: its browser driver, which uses the global class', { skip: unless(sockjs) }, async () => {
    const echo = (sockjs.default ?? sockjs).createServer({ log() {} });
    echo.on('connection', (peer: Library) => peer.on('data', (data: string) => peer.write(data)));
    const http = createServer();
    echo.installHandlers(http, { prefix: '/echo' });
    // In Node it takes faye-websocket; a bundler for browsers does this.
    const driver = require.resolve('sockjs-client/lib/transport/driver/websocket.js');
    const browserDriver = require('sockjs-client/lib/transport/browser/websocket.js') as unknown;
    require.cache[driver] = { id: driver, filename: driver, loaded: true, exports: browserDriver } as NodeJS.Module;
    const SockJS = require('sockjs-client') as Library;
    const client = new SockJS(`http://${await listen(http)}/echo`, null, { transports: ['websocket'] });
    const answer = new Promise((resolve, reject) => {
      client.onmessage = ({ data }: { data: string }) => resolve(data);
      client.onclose = ({ code, reason }: Library) => reject(new Error(`closed: ${code} ${reason}`));
    });
    client.onopen = () => client.send('hello');
    assert.equal(await answer, 'hello');
    assert.equal(client.transport, 'websocket');
    client.close();
    http.close();
    http.closeAllConnections();
  });

  it('@stomp/stompjs: two clients of a broker', { skip: unless(stompBroker, stomp) }, async () => {
    const http = createServer();
    new (stompBroker.default ?? stompBroker)({ server: http, path: '/ws' });
    const url = `ws://${await listen(http)}/ws`;
    // It does not give a session its own messages.
    const [reader, writer] = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<Library>((resolve) => {
            const client = new stomp.Client({
              webSocketFactory: () => new Local(url, ['v12.stomp', 'v11.stomp']),
              reconnectDelay: 0,
              onConnect: () => resolve(client),
            });
            client.activate();
          }),
      ),
    );
    const body = new Promise((resolve) => reader.subscribe('/topic', (message: Library) => resolve(message.body)));
    const sending = setInterval(() => writer.publish({ destination: '/topic', body: 'hello' }), 20);
    assert.equal(await body, 'hello');
    clearInterval(sending);
    await Promise.all([reader, writer].map((client) => client.deactivate({ force: true })));
    http.close();
    http.closeAllConnections();
  });

  it('@trpc/client: a query and a subscription', { skip: unless(ws, trpc, trpcClient, trpcServer) }, async () => {
    const { router: makeRouter, procedure } = trpc.initTRPC.create();
    const router = makeRouter({
      hello: procedure.query(() => 'world'),
      count: procedure.subscription(async function* () {
        yield 1;
        yield 2;
      }),
    });
    const http = createServer();
    const server = new ws.WebSocketServer({ server: http });
    trpcServer.applyWSSHandler({ wss: server, router });
    const client = trpcClient.createWSClient({ url: `ws://${await listen(http)}`, WebSocket: Local });
    const proxy = trpcClient.createTRPCClient({ links: [trpcClient.wsLink({ client })] });
    const results: unknown[] = [await proxy.hello.query()];
    await new Promise<void>((resolve, reject) => {
      proxy.count.subscribe(undefined, {
        onData: (count: number) => results.push(count) === 3 && resolve(),
        onError: reject,
      });
    });
    assert.deepEqual(results, ['world', 1, 2]);
    await client.close();
    server.close();
    http.close();
  });
});
