import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basicAuthorization, percentDecode } from '../../../lib/protocol/http/basic-authorization.js';

describe('Basic credentials', () => {
  it('are the base64 of user name, colon and password in UTF-8', () => {
    // RFC 7617 §2 and §2.1
    assert.equal(basicAuthorization('Aladdin', 'open sesame'), 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    assert.equal(basicAuthorization('test', '123£'), 'Basic dGVzdDoxMjPCow==');
  });

  it('may lack a user name or a password, not both', () => {
    assert.equal(basicAuthorization('user', ''), 'Basic dXNlcjo=');
    assert.equal(basicAuthorization('', 'pass'), 'Basic OnBhc3M=');
    assert.equal(basicAuthorization('', ''), undefined);
  });
});

describe('a percent-encoded part of a URL', () => {
  it('is decoded as UTF-8', () => {
    assert.equal(percentDecode('p%40ss%C3%A9'), 'p@ssé');
  });

  it('stands for itself where a % encodes nothing', () => {
    for (const text of ['100%', '%zz', '%ff', 'a%2']) assert.equal(percentDecode(text), text);
  });
});
