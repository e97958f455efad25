import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blotFields, withoutCredentials } from '../../lib/protocol/secrets.js';

describe('secrets', () => {
  it('blots out the values of the four credential fields, in any case, and nothing else', () => {
    assert.deepEqual(
      blotFields([
        ['Authorization', 'Basic dTpw'],
        ['COOKIE', 'a=b; c=d'],
        ['set-cookie', 'a=b'],
        ['Proxy-Authorization', 'Basic x'],
        ['Cookies', 'a=b'],
        ['Sec-WebSocket-Key', 'abc'],
      ]),
      [
        ['Authorization', '***** ****'],
        ['COOKIE', '**** ***'],
        ['set-cookie', '***'],
        ['Proxy-Authorization', '***** *'],
        ['Cookies', 'a=b'],
        ['Sec-WebSocket-Key', 'abc'],
      ],
    );
  });

  it('in a URL are the user name and the password, and no at sign after the host', () => {
    assert.equal(withoutCredentials('wss://me:secret@host/a@b'), 'wss://host/a@b');
    assert.equal(withoutCredentials('wss://host/a@b'), 'wss://host/a@b');
  });
});
