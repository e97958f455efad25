import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
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

describe('header', () => {
  it('sends string, number and string[] in the user’s spelling, and skips empty strings', async (t) => {
    const { lines } = await requestOf(t, {
      header: { 'X-Name': 'value', number: 42, Zero: 0, many: ['a', '', 'b'], empty: '', none: [], absent: undefined },
    });
    const own = lines.slice(5);
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
    assert.equal(lines.length, 6);
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
    ['an array', []],
    ['a string', 'a: b'],
    ['null', null],
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
