import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { PieceEncoder } from '../../lib/api/piece-encoder.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';

/** The payloads that pieces become, the last one included. */
function payloads(...pieces: unknown[]): Buffer[] {
  const encoder = new PieceEncoder();
  return [...pieces.flatMap((piece) => [...encoder.encode(piece)]), encoder.finish()].map((bytes) =>
    Buffer.from(bytes),
  );
}

describe('the pieces of a message', () => {
  it('are text when the first one is a string, else binary', () => {
    const text = new PieceEncoder();
    assert.equal(text.kind, Opcode.binary);
    assert.equal(Buffer.concat([...text.encode('a')]).toString(), 'a');
    assert.equal(text.kind, Opcode.text);
    const binary = new PieceEncoder();
    assert.deepEqual([...binary.encode(Uint8Array.of(1, 2).buffer)], [Uint8Array.of(1, 2)]);
    assert.equal(binary.kind, Opcode.binary);
  });

  it('are refused when they are of another kind than the first, or no piece at all', () => {
    const text = new PieceEncoder();
    [...text.encode('a')];
    assert.throws(() => [...text.encode(Uint8Array.of(1))], {
      code: 401,
      message: /began with strings must be strings/,
    });
    const binary = new PieceEncoder();
    [...binary.encode(Uint8Array.of(1))];
    assert.throws(() => [...binary.encode('a')], { code: 401, message: /began with bytes must be bytes, got string/ });
    assert.throws(() => [...binary.encode(7)], { code: 401, message: /a piece of a message must be .* got number/ });
  });

  it('may tear a surrogate pair: it is put together again', () => {
    assert.equal(Buffer.concat(payloads('x\ud83d', '', '\ude00y')).toString(), 'x\u{1f600}y');
    assert.equal(Buffer.concat(payloads('x\ud83d')).toString(), 'x\ufffd');
    assert.equal(Buffer.concat(payloads('\ud83d', 'y')).toString(), '\ufffdy');
  });

  it('become payloads of at most 64 KiB, whatever their size', () => {
    for (const piece of ['\u20ac'.repeat(100_000), '\u{1f600}'.repeat(50_001), 'x'.repeat(70_000)]) {
      const all = payloads(piece);
      assert.ok(all.every(({ length }) => length <= 65536));
      assert.equal(Buffer.concat(all).toString(), piece);
    }
    assert.deepEqual(
      payloads(Buffer.alloc(131_073)).map(({ length }) => length),
      [65536, 65536, 1, 0],
    );
  });
});
