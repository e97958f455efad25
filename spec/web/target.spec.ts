import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkProtocols, isBadPort, parseUrl } from '../../lib/web/target.js';

const syntaxError = (error: unknown): boolean => error instanceof DOMException && error.name === 'SyntaxError';

describe('the URL of a WebSocket', () => {
  it('is serialized, and http is taken for ws', () => {
    assert.equal(parseUrl('ws://EXAMPLE.com:80').href, 'ws://example.com/');
    assert.equal(parseUrl('http://example.com/a b').href, 'ws://example.com/a%20b');
    assert.equal(parseUrl('https://example.com/x').href, 'wss://example.com/x');
    assert.equal(parseUrl('http://example.com:443/').href, 'ws://example.com:443/');
  });

  it('is refused when it is bad, of another scheme, or has a fragment, be it empty', () => {
    for (const url of ['', '/x', 'ws://', 'ftp://a/', 'mailto:x', 'ws://a/#x', 'ws://a/#', 'ws://a:99999/']) {
      assert.throws(() => parseUrl(url), syntaxError, url);
    }
  });

  it('is relative to the location of a program that has one', () => {
    const scope = globalThis as { location?: { href: string } };
    scope.location = { href: 'https://example.com/app/page' };
    try {
      assert.equal(parseUrl('socket?x').href, 'wss://example.com/app/socket?x');
    } finally {
      delete scope.location;
    }
  });

  it('has a bad port when another service has it', () => {
    assert.equal(isBadPort(new URL('ws://a:6667/')), true);
    assert.equal(isBadPort(new URL('ws://a:8080/')), false);
    assert.equal(isBadPort(new URL('ws://a/')), false);
  });
});

describe('subprotocols', () => {
  it('are tokens, none of them twice in whatever case', () => {
    checkProtocols([]);
    checkProtocols(['a', 'b.c', 'GRAPHQL-ws']);
    for (const bad of [[''], ['a b'], ['a,b'], ['\u00e9'], ['a', 'a'], ['a', 'A']]) {
      assert.throws(() => checkProtocols(bad), syntaxError, JSON.stringify(bad));
    }
  });
});
