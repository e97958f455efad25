import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable, printableJson, quote, quoteAll, shorten } from '../../lib/protocol/printable.js';

describe('printable text', () => {
  it('cannot move the cursor, set the title, change colors or turn its direction around', () => {
    const shown = 'a\\u001b[31m\\u0007\\u007f\\u009b1m\\u202e\\u2028\\u0000b';
    assert.equal(printable('a\x1b[31m\x07\x7f\x9b1m\u202e\u2028\u0000b'), shown);
    assert.equal(printable('one\r\n\ttwo'), 'one\\r\\n\\ttwo');
  });

  const hidden = {
    'C0 controls': ['\0', '\x1f'],
    DEL: ['\x7f'],
    'C1 controls': ['\x80', '\x9f'],
    'directional marks': ['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069'],
    separators: ['\u2028', '\u2029'],
    'zero-width characters': ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u180e'],
    'lone surrogates': ['\ud800', '\udfff'],
  };
  for (const [kind, characters] of Object.entries(hidden)) {
    it(`shows ${kind} as escapes`, () => {
      for (const char of characters) {
        const code = char.charCodeAt(0).toString(16).padStart(4, '0');
        assert.equal(printable(`a${char}b`), `a\\u${code}b`);
      }
    });
  }

  it('shows a tag character, which lies outside the basic plane, as its two code units', () => {
    assert.equal(printable('a\u{e0041}b'), 'a\\udb40\\udc41b');
  });

  it('keeps every script, and emoji of several characters', () => {
    const text = 'grüße こんにちは שלום می‌خواهم क्‍ष 👩‍👩‍👧 👩🏽‍🚀 ❤️‍🔥 \\ "';
    assert.equal(printable(text), text);
  });

  it('escapes a joiner beside anything else', () => {
    assert.equal(printable('👩\u200dx\u200d'), '👩\\u200dx\\u200d');
    assert.equal(printable('م\u200cx'), 'م\\u200cx');
  });

  it('can be marked where it was escaped', () => {
    assert.equal(
      printable('a\nb', (sequence) => `<${sequence}>`),
      'a<\\n>b',
    );
  });
});

describe('printable JSON', () => {
  it('is the same value', () => {
    const value = { data: 'a\x1b\x9b\x7f\u202e\n\ud800\u{e0041}' };
    const json = printableJson(value);
    assert.equal(json, '{"data":"a\\u001b\\u009b\\u007f\\u202e\\n\\ud800\\udb40\\udc41"}');
    assert.deepEqual(JSON.parse(json), value);
  });
});

describe('a quotation', () => {
  it('is safe to print, and short', () => {
    assert.equal(quote('a"b'), '"a\\"b"');
    assert.equal(quote('\x1b[2J\x7f\x9b'), '"\\u001b[2J\\u007f\\u009b"');
    assert.equal(quote('\u061c\u202e'), '"\\u061c\\u202e"');
    assert.equal(quote('x'.repeat(60)), `"${'x'.repeat(60)}"`);
    assert.equal(quote('x'.repeat(61)), `"${'x'.repeat(60)}…"`);
    assert.equal(quote('abcdef', 3), '"abc…"');
    assert.deepEqual([quoteAll(['a', 'b']), quoteAll([])], ['"a, b"', 'none']);
  });
});

describe('a shortened text', () => {
  it('is cut between characters', () => {
    assert.equal(shorten('ab', 2), 'ab');
    assert.equal(shorten('abc', 2), 'ab…');
    assert.equal(shorten('a🌍b', 2), 'a…');
    assert.equal(shorten('a🌍b', 3), 'a🌍…');
  });
});
