import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawLine, painter, wipeLine } from '../../lib/cli/terminal.js';

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

it('a line that is drawn again is as wide as the terminal at most, and for terminals only', () => {
  for (const isTTY of [true, false]) {
    let written = '';
    const stream = { isTTY, columns: 5, write: (text: string) => (written += text) };
    drawLine(stream, 'abcdefg');
    wipeLine(stream);
    assert.equal(written, isTTY ? '\r\x1b[Kabcd\r\x1b[K' : '');
  }
});
