import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFieldValue, isToken, listElements, trimWhitespace } from '../../../lib/protocol/http/field.js';

describe('the grammar of fields (RFC 9110 §5)', () => {
  it('has tokens of any character but delimiters, blanks and controls', () => {
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code);
      const isTchar = /[!#$%&'*+.^_`|~\-0-9A-Za-z]/.test(character);
      assert.equal(isToken(character), isTchar, `U+${code.toString(16)}`);
      assert.equal(isToken(`a${character}`), isTchar);
    }
    assert.equal(isToken(''), false);
    assert.equal(isToken('a\n'), false);
  });

  it('has values of any byte but controls', () => {
    for (let code = 0; code < 256; code++) {
      const allowed = code === 9 || (code >= 0x20 && code !== 0x7f);
      assert.equal(isFieldValue(`a${String.fromCharCode(code)}`), allowed, `U+${code.toString(16)}`);
    }
    assert.equal(isFieldValue(''), true);
    assert.equal(isFieldValue('\u0100'), false);
  });

  it('has lists with elements that may be empty', () => {
    assert.deepEqual(listElements(' a,,b ,\tc\t, '), ['a', 'b', 'c']);
    assert.deepEqual(listElements(''), []);
    assert.deepEqual(listElements(' , '), []);
  });

  it('takes only SP and HTAB for white space', () => {
    assert.equal(trimWhitespace('\t a b \t'), 'a b');
    assert.equal(trimWhitespace('\xa0a\n'), '\xa0a\n');
    assert.equal(trimWhitespace(' \t '), '');
    // In time proportional to the length: the square of this one would take hours.
    const blanks = `a${' '.repeat(4_000_000)}b`;
    assert.equal(trimWhitespace(blanks), blanks);
  });
});
