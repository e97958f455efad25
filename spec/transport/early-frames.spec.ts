import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { EarlyFrames, headEnd } from '../../lib/transport/early-frames.js';

/** The text cut into heads and what follows, when it comes in pieces of `size` bytes. */
function pieces(text: string, size: number): string[] {
  const cut: string[] = [];
  for (let start = 0; start < text.length; start += size) {
    const bytes = Buffer.from(text.slice(start, start + size), 'latin1');
    for (let at = 0; at < bytes.length; ) {
      const end = headEnd(bytes, at, bytes.length);
      assert.ok(end > at, 'it goes on');
      cut.push(bytes.toString('latin1', at, end));
      at = end;
    }
  }
  return cut;
}

describe('the end of a head', () => {
  for (const end of ['\r\n\r\n', '\n\n', '\r\n\n', '\n\r\n']) {
    it(`is ${JSON.stringify(end)}: nothing behind it is in its piece, whatever the chunks`, () => {
      const head = `HTTP/1.1 101 Yes\r\nA: b\nC: d${end}`;
      const text = `${head}\x81\x02hi\n\n\x81\x00`;
      for (let size = 1; size <= text.length; size++) {
        let seen = 0;
        for (const piece of pieces(text, size)) {
          assert.ok(seen >= head.length || seen + piece.length <= head.length, `${size}: ${JSON.stringify(piece)}`);
          seen += piece.length;
        }
        assert.equal(seen, text.length);
      }
    });
  }

  it('leaves a head that comes at once in one piece', () => {
    const head = 'HTTP/1.1 101 Yes\r\nA: b\r\n\r\n';
    assert.deepEqual(pieces(`${head}rest`, 1000), [head, 'rest']);
  });
});

describe('early frames', () => {
  it('are kept in their order, as copies, and given out once', () => {
    const frames = new EarlyFrames();
    assert.equal(frames.arrived, false);
    const read = Buffer.from('0123456789');
    frames.keep(read, 2, 4);
    frames.keep(read, 7, 10);
    read.fill('x');
    assert.equal(frames.arrived, true);
    assert.equal(frames.take()?.toString(), '23789');
    assert.deepEqual([frames.arrived, frames.take()], [false, undefined]);
  });
});
