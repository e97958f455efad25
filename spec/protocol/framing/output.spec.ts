import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { flushSize, Output, type OutputChunk } from '../../../lib/protocol/framing/output.js';
import { seeded } from '../random.js';

function write(output: Output, text: string): void {
  const at = output.reserve(text.length);
  output.bytes.write(text, at, 'latin1');
}

function takeAll(output: Output): OutputChunk[] {
  const chunks: OutputChunk[] = [];
  for (let chunk = output.take(); chunk !== undefined; chunk = output.take()) chunks.push(chunk);
  return chunks;
}

const text = (chunks: readonly OutputChunk[]): string => chunks.map(({ bytes }) => bytes.toString('latin1')).join('');

describe('output under construction', () => {
  it('is empty at first, and after it was taken', () => {
    const output = new Output();
    assert.equal(output.size, 0);
    assert.equal(output.room, 0);
    assert.equal(output.take(), undefined);
    write(output, 'a');
    assert.equal(output.size, 1);
    takeAll(output).forEach(Output.release);
    assert.equal(output.size, 0);
    assert.equal(output.room, 0);
    assert.equal(output.take(), undefined);
  });

  it('puts what is written back to back into one chunk', () => {
    const output = new Output();
    write(output, 'abc');
    write(output, 'def');
    const [chunk, ...others] = takeAll(output);
    assert.equal(chunk?.bytes.toString(), 'abcdef');
    assert.deepEqual(others, []);
    Output.release(chunk);
  });

  it('keeps the order and every byte of whatever is written, and knows its size: seeded', () => {
    const next = seeded(10);
    for (let round = 0; round < 60; round++) {
      const output = new Output();
      let expected = '';
      let taken = '';
      for (let count = 0; count < 30; count++) {
        const size = [1, 20, 3000, 4096, 4097, 40_000, flushSize, flushSize + 64][next() % 8]!;
        const piece = String.fromCharCode(97 + (count % 26)).repeat(1 + (next() % size));
        if (next() % 6 === 0) output.append(Buffer.from(piece));
        else write(output, piece);
        expected += piece;
        if (next() % 5 === 0) {
          const chunk = output.take();
          taken += chunk?.bytes.toString('latin1') ?? '';
          if (chunk !== undefined) Output.release(chunk);
        }
        assert.equal(output.size, expected.length - taken.length);
      }
      const rest = takeAll(output);
      assert.ok(rest.every(({ bytes }) => bytes.length > 0));
      assert.ok(taken + text(rest) === expected);
      rest.forEach(Output.release);
    }
  });

  it('has room for the largest frame that is not split, in one piece', () => {
    const output = new Output();
    write(output, 'a');
    const at = output.reserve(flushSize + 64);
    assert.equal(at, 0);
    assert.ok(output.bytes.length >= flushSize + 64);
    assert.equal(output.room, output.bytes.length - (flushSize + 64));
  });

  it('has words that are the same memory as the bytes, for masking', () => {
    const output = new Output();
    for (const size of [8, 10_000, flushSize]) {
      const at = output.reserve(size);
      const { bytes, words } = output;
      bytes.fill(0, at, at + size);
      bytes[at] = 0xff;
      assert.equal(Buffer.from(words.buffer)[at], 0xff);
      assert.equal(words.byteOffset, 0);
    }
  });

  it('takes back what turned out not to be needed', () => {
    const output = new Output();
    write(output, 'abc');
    output.reserve(100);
    output.unreserve(99);
    output.bytes[3] = 0x64;
    assert.equal(output.size, 4);
    assert.equal(text(takeAll(output)), 'abcd');
  });

  it('takes back everything, and is empty then, without a chunk of no bytes', () => {
    const output = new Output();
    output.reserve(100);
    output.unreserve(100);
    assert.equal(output.size, 0);
    assert.equal(output.take(), undefined);
    output.append(Buffer.from('x'));
    assert.deepEqual(
      takeAll(output).map(({ bytes }) => bytes.toString()),
      ['x'],
    );
  });

  it('appends bytes without copying them', () => {
    const output = new Output();
    const bytes = Buffer.from('request');
    output.append(bytes);
    const [chunk] = takeAll(output);
    assert.equal(chunk?.bytes, bytes);
    assert.equal(chunk.slab, undefined);
    Output.release(chunk);
  });

  it('uses the memory of a chunk again once it was released, and not before', () => {
    const output = new Output();
    write(output, 'first');
    const [first] = takeAll(output);
    write(output, 'second');
    const [second] = takeAll(output);
    assert.equal(first?.bytes.toString(), 'first');
    assert.notEqual(first.bytes.buffer, second?.bytes.buffer);
    Output.release(first);
    write(new Output(), 'third');
    assert.equal(first.bytes.toString(), 'third');
    assert.equal(second?.bytes.toString(), 'second');
  });

  it('keeps no more than a few released pieces of memory', () => {
    const chunks = Array.from({ length: 40 }, () => {
      const output = new Output();
      write(output, 'a');
      return output.take()!;
    });
    chunks.forEach(Output.release);
    const released = new Set(chunks.map(({ bytes }) => bytes.buffer));
    const reused = Array.from({ length: 40 }, () => {
      const output = new Output();
      write(output, 'b');
      return output.bytes.buffer;
    }).filter((memory) => released.has(memory));
    assert.ok(reused.length > 0 && reused.length <= 16, `${reused.length} were used again`);
  });
});
