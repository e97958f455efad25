import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeDifference, isSame } from '../../lib/trace/difference.js';

const at = { connection: 2, line: 7 };

describe('a difference', () => {
  it('is described by the line and what is not the same', () => {
    const expected = { type: 'open', subprotocol: 'a', extensions: '' };
    assert.equal(
      describeDifference({ ...at, expected, got: { type: 'open', subprotocol: 'b', extensions: '' } }),
      'line 7 (connection 2), open: subprotocol is "a" in the transcript, "b" in the replay',
    );
    assert.equal(
      describeDifference({ ...at, expected: { type: 'open' }, got: undefined }),
      'line 7 (connection 2): the transcript has {"type":"open"}, the replay nothing',
    );
    assert.equal(
      describeDifference({ ...at, expected: undefined, got: { type: 'close' } }),
      'line 7 (connection 2): the transcript has nothing more, the replay {"type":"close"}',
    );
    assert.equal(
      describeDifference({ ...at, expected: { type: 'open' }, got: { type: 'close' } }),
      'line 7 (connection 2): the transcript has {"type":"open"}, the replay {"type":"close"}',
    );
  });

  it('drives no terminal, whatever the transcript says and however much', () => {
    const evil = '\x1b[2J\x9b31m\u202e\u061c\n';
    const expected = { type: evil, [evil]: evil.repeat(1000) };
    for (const got of [undefined, { type: evil, [evil]: 1 }, { type: 'open' }]) {
      const text = describeDifference({ ...at, expected, got });
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
      assert.ok(text.length < 800, `${text.length}`);
    }
  });

  it('is none where secrets were blotted out, as long as the length is the same', () => {
    const expected = { text: 'id=*****, %##', list: [1, 'a*'] };
    assert.ok(isSame(expected, { text: 'id=abcde, %7a', list: [1, 'ab'] }, true));
    assert.ok(isSame({ text: 'abc' }, { text: 'a*c' }, true));
    for (const got of [
      { text: 'id=abcd, %7a', list: [1, 'ab'] },
      { text: 'iD=abcde, %7a', list: [1, 'ab'] },
      { text: 'id=abcde, %7a', list: [2, 'ab'] },
      { text: 'id=abcde, %7a', list: { 0: 1, 1: 'ab' } },
      { text: 'id=abcde, %7a', list: [1, 'ab'], more: 1 },
      { text: 'id=abcde, %7a', more: [1, 'ab'] },
      null,
    ])
      assert.ok(!isSame(expected, got, true), JSON.stringify(got));
    assert.ok(!isSame({ text: '*' }, { text: 'a' }, false));
  });
});
