import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Utf8Pieces } from '../../../lib/protocol/text/utf8-pieces.js';

describe('UTF-8 in pieces', () => {
  const text = 'a\u00e9\u20ac\u{1f600}z';
  const bytes = Buffer.from(text);

  it('becomes strings that end between characters, wherever it is cut', () => {
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const pieces = new Utf8Pieces();
        const cuts = [0, first, second, bytes.length];
        const strings = cuts.slice(1).map((end, at) => pieces.push(bytes, cuts[at]!, end)!);
        assert.equal(strings.join(''), text);
        assert.equal(pieces.complete, true);
      }
    }
  });

  it('is not complete inside a character, and is refused at the byte that proves it wrong', () => {
    const pieces = new Utf8Pieces();
    assert.equal(pieces.push(Buffer.of(0x61, 0xe2, 0x82), 0, 3), 'a');
    assert.equal(pieces.complete, false);
    assert.equal(pieces.push(Buffer.of(0x28), 0, 1), undefined);
    assert.equal(new Utf8Pieces().push(Buffer.of(0xed, 0xa0), 0, 2), undefined);
  });
});
