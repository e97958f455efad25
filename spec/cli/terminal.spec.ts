import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { painter, printable, printableJson } from '../../lib/cli/terminal.js';

describe('text from a peer', () => {
  it('cannot move the cursor, set the title, change colours or turn its direction around', () => {
    const shown = 'a\\x1b[31m\\x07\\x7f\\x9b1m\\u202e\\u2028\\x00b';
    assert.equal(printable('a\x1b[31m\x07\x7f\x9b1m\u202e\u2028\u0000b'), shown);
    assert.equal(printable('one\r\n\ttwo'), 'one\\r\\n\\ttwo');
  });

  it('keeps every script, and emoji of several characters', () => {
    const text = 'grüße こんにちは שלום 👩‍👩‍👧 \\ "';
    assert.equal(printable(text), text);
  });

  it('can be marked where it was escaped', () => {
    assert.equal(
      printable('a\nb', (sequence) => `<${sequence}>`),
      'a<\\n>b',
    );
  });

  it('stays the same value in JSON', () => {
    const value = { data: 'a\x1b\x9b\x7f\u202e\n' };
    const json = printableJson(value);
    assert.equal(json, '{"data":"a\\u001b\\u009b\\u007f\\u202e\\n"}');
    assert.deepEqual(JSON.parse(json), value);
  });
});

describe('colours', () => {
  const before = process.env['NO_COLOR'];
  const paint = (isTTY: boolean, noColor?: string): string => {
    if (noColor === undefined) delete process.env['NO_COLOR'];
    else process.env['NO_COLOR'] = noColor;
    try {
      return painter({ isTTY })('red', 'x');
    } finally {
      if (before === undefined) delete process.env['NO_COLOR'];
      else process.env['NO_COLOR'] = before;
    }
  };

  it('are for terminals only, and for nobody who set NO_COLOR', () => {
    assert.equal(paint(true), '\x1b[31mx\x1b[39m');
    assert.equal(paint(true, ''), '\x1b[31mx\x1b[39m');
    assert.equal(paint(true, '1'), 'x');
    assert.equal(paint(false), 'x');
  });
});
