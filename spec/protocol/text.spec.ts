import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { decodeText, decodeValidText } from '../../lib/protocol/text.js';

describe('decodeText and decodeValidText', () => {
  it('decode every code point of Unicode as the native decoder does', () => {
    // In pieces that go through the loop, not through the native decoder for long texts.
    for (let from = 0; from < 0x110000; from += 0x400) {
      let text = '';
      for (let point = from; point < from + 0x400; point++) {
        if (point < 0xd800 || point > 0xdfff) text += String.fromCodePoint(point);
      }
      const bytes = Buffer.from(text);
      assert.ok(decodeText(bytes, 0, bytes.length) === text, `from U+${from.toString(16)}`);
      assert.ok(decodeValidText(bytes, 0, bytes.length) === text, `from U+${from.toString(16)}`);
    }
  });

  it('decode only what lies between start and end', () => {
    const bytes = Buffer.from('äbc🌍def€');
    assert.equal(decodeText(bytes, 2, 8), 'bc🌍');
    assert.equal(decodeValidText(bytes, 4, 11), '🌍def');
  });

  it('refuse what is not UTF-8, short or long', () => {
    for (const padding of ['', 'x'.repeat(100)]) {
      for (const wrong of [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
        const bytes = Buffer.concat([Buffer.from(padding), Buffer.from(wrong)]);
        assert.equal(decodeText(bytes, 0, bytes.length), undefined, bytes.toString('hex'));
      }
    }
  });
});
