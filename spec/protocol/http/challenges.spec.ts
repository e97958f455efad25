import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { challengeSchemes } from '../../../lib/protocol/http/challenges.js';

describe('the schemes of a challenge', () => {
  const cases: readonly [values: string[], schemes: string[]][] = [
    [['Basic realm="x"'], ['Basic']],
    [['NTLM, Basic realm="x"'], ['NTLM', 'Basic']],
    [
      ['NTLM', 'Basic realm="x"'],
      ['NTLM', 'Basic'],
    ],
    [['Negotiate, NTLM,Basic'], ['Negotiate', 'NTLM', 'Basic']],
    // RFC 9110 §11.6.1
    [['Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'], ['Basic', 'Newauth']],
    [['Digest realm="a, Basic b", nonce="c, d", qop="auth,auth-int", Basic realm=x'], ['Digest', 'Basic']],
    [['Negotiate YIIB+w==, Basic realm="x"'], ['Negotiate', 'Basic']],
    [['Basic realm = "x" , charset = "UTF-8"'], ['Basic']],
    [[' ,, basic\trealm=x ,'], ['basic']],
    [['Digest realm="no end, Basic'], ['Digest']],
    [['Digest realm="\\'], ['Digest']],
    [['realm="x"'], []],
    [[''], []],
    [[], []],
  ];
  for (const [values, schemes] of cases) {
    it(`of ${JSON.stringify(values)} are ${schemes.join(' and ') || 'none'}`, () => {
      assert.deepEqual(challengeSchemes(values), schemes);
    });
  }

  it('are found in linear time', () => {
    for (const text of ['"', '"\\', 'a ', ',"', 'a=" ']) challengeSchemes([text.repeat(200_000)]);
  });
});
