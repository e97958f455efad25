import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SecretScanner } from '../../lib/protocol/secret-scanner.js';
import { seeded } from './random.js';

/** What is found, in pieces of a size: `text` as it was given, `~text` in another spelling. */
function found(secrets: readonly string[], text: string, size = Infinity): string[] {
  const scanner = new SecretScanner(secrets);
  for (let at = 0; at < text.length; at += size) scanner.push(text.slice(at, at + size));
  scanner.finish();
  return scanner.takeFound().map(({ start, end, verbatim }) => `${verbatim ? '' : '~'}${text.slice(start, end)}`);
}

describe('the scanner for secrets', () => {
  const spellings: [what: string, secret: string, text: string, found: string[]][] = [
    ['as it is', 'swordfish', 'id=swordfish;', ['swordfish']],
    ['again and again', 'aba', 'ababa', ['aba', 'aba']],
    ['in another case', 'swordfish', 'SwordFish', ['~SwordFish']],
    ['a character as a URL writes it', 'a b&c', 'a%20b%26c', ['~a%20b%26c']],
    ['all of it as a URL writes it', 'abc', 'x%61%62%63', ['~%61%62%63']],
    ['written so twice', 'a/b', 'a%252Fb', ['~a%252Fb']],
    ['a space as a form writes it', 'open sesame', 'open+sesame', ['~open+sesame']],
    ['as base64url', 'a+b/c', 'a-b_c', ['~a-b_c']],
    ['as JSON writes it', 'a"b\\c', 'a\\"b\\\\c', ['~a\\"b\\\\c']],
    ['as JSON may write it', 'abc', '\\u0061bc', ['~\\u0061bc']],
    ['as HTML writes it', 'a<b>&"c', 'a&lt;b&gt;&amp;&#34;c', ['~a&lt;b&gt;&amp;&#34;c']],
    ['as HTML may write it', 'abc', '&#x61;b&#99;', ['~&#x61;b&#99;']],
    ['after a start that goes wrong', 'aab', 'aaab', ['aab']],
    ['after an escape that is none', 'abc', '%6%zabc &#abc \\uabc', ['abc', 'abc', 'abc']],
    ['with an escape of its own', 'a%20b', 'a%20b a b', ['a%20b', '~a b']],
    ['with a percent sign', '5%off', '5%off 5%25off', ['5%off', '~5%25off']],
    ['nowhere', 'swordfish', 'swordfis', []],
  ];
  for (const [what, secret, text, expected] of spellings) {
    it(`finds a secret ${what}, in pieces of any size`, () => {
      for (const size of [1, 2, 3, 5, Infinity]) assert.deepEqual(found([secret], text, size), expected);
    });
  }

  it('finds several at once, those within others as well', () => {
    assert.deepEqual(found(['user:pass', 'pass', 'sword'], 'user:password'), ['user:pass', 'pass', 'sword']);
  });

  it('finds what a search for each finds', () => {
    const next = seeded(7);
    const word = (most: number): string => Array.from({ length: 1 + (next() % most) }, () => 'ab'[next() % 2]).join('');
    for (let count = 0; count < 300; count++) {
      const secrets = [word(4), word(6)];
      const text = word(60);
      const expected = secrets.flatMap((secret) =>
        Array.from(text, (_, at) => at).flatMap((at) => (text.startsWith(secret, at) ? [`${at} ${secret}`] : [])),
      );
      const scanner = new SecretScanner(secrets);
      scanner.push(text);
      const spans = scanner.takeFound().map(({ start, end }) => `${start} ${text.slice(start, end)}`);
      assert.deepEqual([...spans].sort(), expected.sort(), `${secrets} in ${text}`);
    }
  });

  it('knows the start of a secret at the end of a piece', () => {
    const scanner = new SecretScanner(['swordfish', 'dfsx']);
    assert.equal(scanner.beginning(1), undefined);
    scanner.push('my swordf%7');
    assert.deepEqual(scanner.beginning(1), { start: 3, end: 11, verbatim: true, text: 'swordf' });
    assert.equal(scanner.beginning(7), undefined);
    scanner.push('!');
    assert.equal(scanner.beginning(1), undefined);
  });

  it('finds secrets after any amount of text, and holds no more than it needs of it', () => {
    const scanner = new SecretScanner(['swordfish']);
    for (let count = 0; count < 1000; count++) scanner.push('swordfi.'.repeat(10));
    scanner.push('swordfish');
    assert.deepEqual(scanner.takeFound(), [{ start: 80_000, end: 80_009, verbatim: true }]);
  });
});
