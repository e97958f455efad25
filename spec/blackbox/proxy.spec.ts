import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { isExcluded, matchesNoProxy } from '../../lib/transport/dial/proxy.js';
import { failure } from '../api/recorder.js';
import { startPeer } from '../peer/scripted.js';

describe("proxy: 'system'", () => {
  it('reads the environment in the call of connect, whatever becomes of it right afterwards', async (t) => {
    const proxy = await startPeer(t, async (link) => {
      await link.request();
      link.write('HTTP/1.1 403 Proxied\r\nContent-Length: 0\r\n\r\n');
    });
    const ws = webSocket.createWebSocket();
    const before = process.env['ws_proxy'];
    t.after(() => {
      if (before === undefined) delete process.env['ws_proxy'];
      else process.env['ws_proxy'] = before;
    });
    process.env['ws_proxy'] = proxy.url.replace('ws:', 'http:');
    const connected = failure(ws.connect('ws://target.invalid/'));
    process.env['ws_proxy'] = 'http://127.0.0.1:1';
    assert.match((await connected).message, /the proxy answered CONNECT with 403 Proxied/i);
  });
});

describe('a host that is not ASCII', () => {
  const host = 'www.xn--bcher-kva.test'; // what the URL parser makes of ws://www.bücher.test/

  for (const entry of [
    'bücher.test',
    'BÜCHER.test',
    '.bücher.test',
    'bücher.test:80',
    '*.bücher.test',
    'xn--bcher-kva.test',
  ]) {
    it(`is found in exclusionList and no_proxy by the entry ${entry}`, () => {
      assert.equal(isExcluded([entry], host, 80), true);
      assert.equal(matchesNoProxy(`other.test,${entry}`, host, 80), true);
      assert.equal(isExcluded([entry], 'www.bucher.test', 80), false);
    });
  }
});

describe('a response that arrived before the attempt was given up', () => {
  for (const how of ['close', 'signal'] as const) {
    it(`is in data, after ${how}`, async (t) => {
      const peer = await startPeer(t, async (link) => {
        await link.request();
        link.write('HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\n');
      });
      const ws = webSocket.createWebSocket();
      const abort = new AbortController();
      const errors: webSocket.BusinessError[] = [];
      ws.on('error', (error) => errors.push(error));
      ws.on('headerReceive', () => (how === 'close' ? void ws.close() : abort.abort()));
      assert.equal((await failure(ws.connect(peer.url, { signal: abort.signal }))).code, 2302999);
      assert.equal(String(errors[0]?.data), '503');
    });
  }
});
