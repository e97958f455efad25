import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestCookies, responseCookies } from '../../lib/trace/har-cookies.js';

describe('cookies in a HAR file', () => {
  it('come from every Cookie field', () => {
    assert.deepEqual(
      requestCookies([
        ['cookie', 'a=1; b=2=3'],
        ['Cookie', 'c='],
        ['Host', 'd=4'],
      ]),
      [
        { name: 'a', value: '1' },
        { name: 'b', value: '2=3' },
        { name: 'c', value: '' },
      ],
    );
  });

  it('come from every Set-Cookie field, with the attributes that HAR knows', () => {
    const all =
      'a=1; Path=/; Domain=h; Expires=Fri, 02 Jan 2026 03:04:05 GMT; HttpOnly; Secure; SameSite=Lax; Max-Age=1';
    assert.deepEqual(
      responseCookies([
        ['Set-Cookie', all],
        ['set-cookie', 'b=2; Expires=never'],
      ]),
      [
        {
          name: 'a',
          value: '1',
          path: '/',
          domain: 'h',
          expires: '2026-01-02T03:04:05.000Z',
          httpOnly: true,
          secure: true,
        },
        { name: 'b', value: '2' },
      ],
    );
  });

  it('are not there when their field was blotted out', () => {
    assert.deepEqual(requestCookies([['Cookie', '*** ****']]), []);
    assert.deepEqual(responseCookies([['Set-Cookie', '****; **']]), []);
  });
});
