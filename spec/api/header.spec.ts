import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { userAgent } from '../../lib/api/user-agent.js';
import { webSocket } from '../../lib/index.js';
import { startConnectProxy } from '../peer/connect-proxy.js';
import type { ReceivedRequest } from '../peer/link.js';
import { type Scope, startPeer } from '../peer/scripted.js';
import { failure } from './recorder.js';

/** The request that these options make. */
async function requestOf(
  scope: Scope,
  options: webSocket.WebSocketClientOptions,
): Promise<ReceivedRequest & { port: number }> {
  let request: ReceivedRequest | undefined;
  const peer = await startPeer(scope, async (link) => {
    request = await link.accept();
    await link.serve();
  });
  const ws = webSocket.createWebSocket();
  await ws.connect(peer.url, options);
  await ws.close();
  return { ...request!, port: peer.port };
}

class WithoutOwn {
  get name(): string {
    return 'x';
  }
}

describe('header', () => {
  it('sends string, number and string[] in the user’s spelling, and skips empty strings', async (t) => {
    const { lines } = await requestOf(t, {
      header: { 'X-Name': 'value', number: 42, Zero: 0, many: ['a', '', 'b'], empty: '', none: [], absent: undefined },
    });
    const own = lines.slice(6);
    assert.deepEqual(own, ['X-Name: value', 'number: 42', 'Zero: 0', 'many: a', 'many: b']);
  });

  it('ignores, and does not double, what the handshake owns, however it is spelled', async (t) => {
    const { values, lines } = await requestOf(t, {
      header: {
        Upgrade: 'h2c',
        CONNECTION: 'keep-alive',
        'sec-websocket-key': 'x',
        'Sec-WebSocket-Version': '8',
        'Sec-WebSocket-Extensions': 'foo',
        'Sec-WebSocket-Accept': 'bar',
        'Content-Length': '5',
        'Transfer-Encoding': 'chunked',
        'X-Kept': 'yes',
      },
    });
    assert.deepEqual(values('upgrade'), ['websocket']);
    assert.deepEqual(values('connection'), ['Upgrade']);
    assert.match(values('sec-websocket-key').join(), /^[A-Za-z0-9+/]{22}==$/);
    assert.deepEqual(values('sec-websocket-version'), ['13']);
    for (const name of ['extensions', 'accept']) assert.deepEqual(values(`sec-websocket-${name}`), []);
    assert.equal(lines.length, 7);
  });

  it('lets Host, Origin, User-Agent, Cookie and Authorization be set, once each', async (t) => {
    const header = {
      host: 'virtual.test',
      Origin: 'http://a.test',
      'User-Agent': 'me',
      Cookie: 'a=1; b=2',
      Authorization: 'Bearer t',
    };
    const { values, lines } = await requestOf(t, { header });
    for (const [name, value] of Object.entries(header)) assert.deepEqual(values(name), [value]);
    assert.equal(lines[0], 'host: virtual.test', 'RFC 9110 §7.2: Host comes first');
  });

  it('takes a name in two spellings once, as it stands last', async (t) => {
    const { values } = await requestOf(t, { header: { 'x-a': '1', 'X-A': '2' } });
    assert.deepEqual(values('x-a'), ['2']);
  });

  const pairs = [
    ['X-Name', 'value'],
    ['x-name', 'again'],
    ['Cookie', 'a=1'],
    ['cookie', 'b=2'],
  ] as const;
  const iterables: [string, () => object][] = [
    ['an array of pairs', () => [...pairs]],
    ['a Headers', () => new Headers([...pairs] as [string, string][])],
    ['a Map of arrays', () => new Map(Object.entries({ 'X-Name': ['value', 'again'], Cookie: ['a=1', 'b=2'] }))],
    ['a generator', () => pairs.values()],
    ['a record', () => ({ 'X-Name': ['value', 'again'], Cookie: ['a=1', 'b=2'] })],
  ];
  for (const [title, header] of iterables) {
    it(`takes ${title}; several Cookie are one field`, async (t) => {
      const { values } = await requestOf(t, { header: header() });
      assert.equal(values('x-name').join(', '), 'value, again');
      assert.deepEqual(values('cookie'), ['a=1; b=2']);
    });
  }

  it('takes nothing from empty pairs and records, of any realm', async (t) => {
    for (const header of [[], new Map(), new Headers(), {}, Object.create(null), runInNewContext('({})')] as object[]) {
      assert.equal((await requestOf(t, { header })).lines.length, 6);
    }
  });

  it('sends values as UTF-8', async (t) => {
    const header = { 'X-Name': 'größer, 更大, 😀' };
    const { values } = await requestOf(t, { header });
    assert.deepEqual(values('x-name'), [Buffer.from(header['X-Name']).toString('latin1')]);
  });

  it('names the client by name and version, unless the program names another or none', async (t) => {
    const agents = async (header: object | undefined): Promise<string[]> =>
      (await requestOf(t, { header })).values('user-agent');
    assert.deepEqual(await agents(undefined), [userAgent]);
    assert.deepEqual(await agents({ 'user-agent': 'me/2' }), ['me/2']);
    assert.deepEqual(await agents({ 'User-Agent': '' }), []);
    assert.deepEqual(await agents(new Map([['User-Agent', '']])), []);
  });

  it('names the client to the proxy as well', async (t) => {
    const proxy = await startConnectProxy(t, 'user:secret');
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    for (const header of [{}, { 'user-agent': 'me/2' }, { 'User-Agent': '' }]) {
      const way = { host: '127.0.0.1', port: proxy.port, username: 'user', password: 'secret' };
      await ws.connect(peer.url, { header, proxy: way });
      await ws.close();
    }
    assert.deepEqual(proxy.agents, [userAgent, 'me/2', undefined]);
  });

  it('makes Authorization from the credentials of the URL, and header wins over it', async (t) => {
    const seen: string[][] = [];
    const peer = await startPeer(t, async (link) => {
      seen.push((await link.accept()).values('authorization'));
      await link.serve();
    });
    const ws = webSocket.createWebSocket();
    const url = peer.url.replace('ws://', 'ws://user:p%40ss@');
    await ws.connect(url);
    await ws.close();
    await ws.connect(url, { header: { authorization: 'Bearer t' } });
    await ws.close();
    assert.deepEqual(seen, [[`Basic ${Buffer.from('user:p@ss').toString('base64')}`], ['Bearer t']]);
  });

  const wrong: [string, unknown][] = [
    ['a name with a space', { 'a b': 'x' }],
    ['an empty name', { '': 'x' }],
    ['a name with a colon', { 'a:': 'x' }],
    ['a name with a line end', { 'a\r\nb': 'x' }],
    ['a name that is not ASCII', { grüße: 'x' }],
    ['a value with CR LF', { a: 'x\r\nInjected: y' }],
    ['a value with LF', { a: 'x\ny' }],
    ['a value with CR', { a: 'x\ry' }],
    ['a value with NUL', { a: 'x\0y' }],
    ['an element with LF', { a: ['x', 'y\nz'] }],
    ['a value that is an object', { a: {} }],
    ['a value that is null', { a: null }],
    ['a value that is boolean', { a: true }],
    ['an element that is a number', { a: [1] }],
    ['an owned header with LF', { Upgrade: 'a\nb' }],
    ['a value with half a surrogate pair', { a: 'x\ud800' }],
    [
      'a second Host',
      [
        ['Host', 'a'],
        ['host', 'b'],
      ],
    ],
    ['a second Origin', { Origin: ['http://a', 'http://b'] }],
    ['a second Authorization in another spelling', { Authorization: 'a', authorization: 'b' }],
    ['a second User-Agent', new Map([['User-Agent', ['a', 'b']]])],
    ['an array of strings', ['a', 'b']],
    ['an array of triples', [['a', 'b', 'c']]],
    ['a pair without a name', [[undefined, 'b']]],
    ['a Set of strings', new Set(['ab'])],
    ['a Date', new Date(0)],
    ['a WeakMap', new WeakMap()],
    ['an instance without properties of its own', new WithoutOwn()],
  ];
  for (const [title, header] of wrong) {
    it(`refuses ${title} with 401, and nothing is sent`, async (t) => {
      const peer = await startPeer(t, () => {});
      const error = await failure(webSocket.createWebSocket().connect(peer.url, { header: header as object }));
      assert.equal(error.code, 401);
      assert.match(error.message, /header/);
      assert.equal(peer.accepted, 0);
    });
  }
});

describe('protocol', () => {
  const offers: [string, webSocket.WebSocketClientOptions, string[]][] = [
    ['is not offered by default', {}, []],
    ['is not offered when empty', { protocol: '' }, []],
    ['is offered as it stands', { protocol: 'my-protocol' }, ['my-protocol']],
    ['is offered as a list, white space taken away', { protocol: 'a ,b,\tc' }, ['a, b, c']],
    ['is taken from Sec-WebSocket-Protocol', { header: { 'sec-websocket-protocol': 'a,b' } }, ['a, b']],
    ['is taken from Sec-WebSocket-Protocol in lines', { header: { 'Sec-WebSocket-Protocol': ['a', 'b'] } }, ['a, b']],
    ['wins over Sec-WebSocket-Protocol', { protocol: 'c', header: { 'Sec-WebSocket-Protocol': 'a' } }, ['c']],
    [
      'leaves the offer to Sec-WebSocket-Protocol when empty',
      { protocol: '', header: { 'Sec-WebSocket-Protocol': 'a' } },
      ['a'],
    ],
  ];
  for (const [title, options, expected] of offers) {
    it(title, async (t) => {
      assert.deepEqual((await requestOf(t, options)).values('sec-websocket-protocol'), expected);
    });
  }

  for (const protocol of [
    'a,,b',
    'a,',
    ',a',
    'a b',
    'a;b',
    'a,a',
    'a, b ,a',
    'grüße',
    'a\r\nX: y',
    'a\r\n',
    'a\u00a0',
    '"a"',
    1,
    null,
  ]) {
    it(`refuses ${JSON.stringify(protocol)} with 401`, async () => {
      const error = await failure(
        webSocket.createWebSocket().connect('ws://127.0.0.1:1/', { protocol: protocol as string }),
      );
      assert.equal(error.code, 401);
      assert.match(error.message, /protocol/);
    });
  }

  it('refuses a bad or doubled name in Sec-WebSocket-Protocol with 401', async () => {
    for (const value of ['a b', 'a,a', ['a', 'a']]) {
      const header = { 'Sec-WebSocket-Protocol': value };
      assert.equal((await failure(webSocket.createWebSocket().connect('ws://127.0.0.1:1/', { header }))).code, 401);
    }
  });
});

describe('supportOriginPort', () => {
  it('sends no Origin when it is absent', async (t) => {
    assert.deepEqual((await requestOf(t, {})).values('origin'), []);
  });

  it('sends the Origin without the port when false', async (t) => {
    assert.deepEqual((await requestOf(t, { supportOriginPort: false })).values('origin'), ['http://127.0.0.1']);
  });

  it('sends the Origin with the port when true', async (t) => {
    const { values, port } = await requestOf(t, { supportOriginPort: true });
    assert.deepEqual(values('origin'), [`http://127.0.0.1:${port}`]);
  });

  it('leaves the Origin of header alone', async (t) => {
    const { values } = await requestOf(t, { supportOriginPort: true, header: { origin: 'null' } });
    assert.deepEqual(values('origin'), ['null']);
  });
});
