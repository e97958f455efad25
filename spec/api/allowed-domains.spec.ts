import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { isAllowedDomain } from '../../lib/api/allowed-domain.js';
import { setAllowedDomains } from '../../lib/api/allowed-domains.js';
import { webSocket } from '../../lib/index.js';
import { startPeer } from '../peer/scripted.js';
import { failure, record } from './recorder.js';

afterEach(() => setAllowedDomains(undefined));

describe('setAllowedDomains', () => {
  const rows: [domains: string[], host: string, allowed: boolean][] = [
    [['example.test'], 'example.test', true],
    [['example.test'], 'EXAMPLE.Test', true],
    [['Example.TEST'], 'example.test', true],
    [['example.test'], 'www.example.test', false],
    [['example.test'], 'example.test.evil', false],
    [['example.test'], 'badexample.test', false],
    [['example.test'], 'example.test.', true],
    [['*.example.test'], 'www.example.test', true],
    [['*.example.test'], 'a.b.example.test', true],
    [['*.example.test'], 'example.test', false],
    [['*.example.test'], 'badexample.test', false],
    [['*.example.test'], 'www.example.test.evil', false],
    [['a.test', 'b.test'], 'b.test', true],
    [['127.0.0.1'], '127.0.0.1', true],
    [['::1'], '::1', true],
    [['[::1]'], '::1', true],
    [['bücher.test'], 'xn--bcher-kva.test', true],
    [['*.bücher.test'], 'a.xn--bcher-kva.test', true],
    [['*'], 'example.test', false],
    [[''], 'example.test', false],
    [['*.'], 'example.test', false],
    [[], 'example.test', false],
  ];
  for (const [domains, host, allowed] of rows) {
    it(`${JSON.stringify(domains)} ${allowed ? 'allows' : 'refuses'} ${host}`, () => {
      setAllowedDomains(domains);
      assert.equal(isAllowedDomain(host), allowed);
    });
  }

  it('allows everything until it is called, and again when lifted', () => {
    assert.equal(isAllowedDomain('anything'), true);
    setAllowedDomains([]);
    setAllowedDomains(undefined);
    assert.equal(isAllowedDomain('anything'), true);
  });

  it('does not notice what the program does to the array afterwards', () => {
    const domains = ['a.test'];
    setAllowedDomains(domains);
    domains.push('b.test');
    assert.equal(isAllowedDomain('b.test'), false);
  });

  it('refuses what is not a list of strings with 401', () => {
    for (const domains of [null, 'a.test', [1], {}, 1]) {
      assert.throws(() => setAllowedDomains(domains as unknown as string[]), { code: 401 });
    }
  });

  it('makes connect fail with 2302998 before a byte leaves, without an event', async (t) => {
    const peer = await startPeer(t, () => {});
    setAllowedDomains(['example.test', '*.example.test']);
    const { ws, order } = record();
    const error = await failure(ws.connect(peer.url));
    assert.equal(error.code, 2302998);
    assert.match(error.message, /^It is not allowed to access this domain\. The host 127\.0\.0\.1/);
    assert.deepEqual(order, []);
    assert.equal(peer.accepted, 0);
  });

  it('says what it was given when that is no list of strings', () => {
    const wrong: [given: unknown, got: RegExp][] = [
      ['example.test', /; got string\.$/],
      [null, /; got null\.$/],
      [new Set(['example.test']), /; got a Set\.$/],
      [['example.test', new URL('ws://h.test')], /; got a URL at \[1\]\.$/],
    ];
    for (const [given, message] of wrong) {
      assert.throws(() => setAllowedDomains(given as string[]), { code: 401, message });
    }
  });

  it('lets connect through when the host is on it', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.serve();
    });
    setAllowedDomains(['127.0.0.1']);
    const ws = webSocket.createWebSocket();
    assert.equal(await ws.connect(peer.url), true);
    await ws.close();
  });
});
