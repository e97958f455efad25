import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { BusinessError } from '../../lib/api/errors.js';
import { placeholder, withPlaceholders } from '../../lib/kit/placeholder.js';

const http = placeholder('http', '@kit.NetworkKit');

const notSupported = (error: unknown): boolean => {
  assert.ok(error instanceof BusinessError);
  assert.equal(error.code, 801);
  assert.match(
    error.message,
    /^Capability not supported\. The name http of @kit\.NetworkKit is not part of ohos-websocket/,
  );
  assert.match(error.message, /registerKits\(\{ '@kit\.NetworkKit': /);
  return true;
};

describe('a placeholder', () => {
  it('can be held, looked at and handed on', async () => {
    assert.equal(typeof http, 'function');
    assert.match(inspect(http), /notHere/);
    assert.equal([http].includes(http), true);
    assert.equal(Boolean(http), true);
  });

  for (const [how, use] of Object.entries({
    'a property is read': () => http.createHttp,
    'a method is called': () => http.createHttp(),
    'it is called': () => http(),
    'it is constructed': () => new http(),
    'a class extends it': () => class extends http {},
    'a property is set': () => (http.createHttp = () => {}),
    'a property is looked for': () => 'createHttp' in http,
    'it becomes a string': () => `${http}`,
  })) {
    it(`throws 801 with a sentence when ${how}`, () => assert.throws(use, notSupported));
  }
});

describe('a namespace of which a few members are here', () => {
  const util = withPlaceholders('util', '@ohos.util', { here: () => 1 }) as Record<string, () => number>;

  it('has those, and placeholders for all others', () => {
    assert.equal(util['here']!(), 1);
    assert.deepEqual(Object.keys(util), ['here']);
    assert.throws(() => util['format']!(), { code: 801, message: /util\.format of @ohos\.util is not part/ });
  });
});
