import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  decodeHeader,
  decodeHeaderStart,
  encodeHeader,
  type FrameHeader,
  frameHeader,
  headerSize,
  lengthBits,
  maxHeaderSize,
  writeShortHeader,
} from '../../../lib/protocol/framing/header.js';
import { seeded } from '../random.js';

function encode(header: Partial<FrameHeader>): Buffer {
  const bytes = Buffer.alloc(maxHeaderSize);
  return bytes.subarray(0, encodeHeader({ ...frameHeader(), ...header }, bytes, 0));
}

function decode(hex: string): FrameHeader {
  const bytes = Buffer.from(hex, 'hex');
  const header = frameHeader();
  assert.equal(decodeHeader(bytes, 0, bytes.length, header), bytes.length);
  return header;
}

/** Lengths at and around every limit of their encoding, and any others. */
function someLength(next: () => number): number {
  const edges = [0, 1, 125, 126, 127, 255, 256, 65535, 65536, 65537, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  const random = [next() % 126, next() % 65536, next(), next() * 2 ** 21 + (next() % 2 ** 21)];
  return [...edges, ...random][next() % (edges.length + random.length)]!;
}

describe('frame headers (RFC 6455 §5.2)', () => {
  it('survive a round trip, and no part of them is enough: 20 000 seeded cases', () => {
    const next = seeded(20260101);
    const bytes = Buffer.alloc(maxHeaderSize + 8);
    const decoded = frameHeader();
    for (let round = 0; round < 20_000; round++) {
      const length = someLength(next);
      const masked = next() % 2 === 0;
      const header: FrameHeader = {
        fin: next() % 2 === 0,
        rsv: next() % 8,
        opcode: next() % 16,
        masked,
        maskingKey: masked ? next() | 0 : 0,
        length,
        lengthBits: length < 126 ? 7 : length < 65536 ? 16 : 64,
      };
      const start = next() % 8;
      bytes.fill(next() & 0xff);
      const end = encodeHeader(header, bytes, start);
      assert.equal(end - start, headerSize(length, masked));
      assert.equal(decodeHeader(bytes, start, bytes.length, decoded), end - start);
      assert.deepEqual(decoded, header);
      const cut = start + (next() % (end - start));
      assert.equal(decodeHeader(bytes, start, cut, decoded), 0, `${cut - start} of ${end - start} bytes`);
    }
  });

  it('have their length written in the fewest bits', () => {
    assert.deepEqual([0, 125, 126, 65_535, 65_536, 2 ** 53].map(lengthBits), [7, 7, 16, 16, 64, 64]);
  });

  it('of short masked frames are written by a twin, byte for byte the same', () => {
    const next = seeded(7);
    for (let length = 0; length <= 125; length++) {
      const opcode = next() % 16;
      const maskingKey = next() | 0;
      const expected = encode({ fin: true, opcode, length, masked: true, maskingKey });
      const bytes = Buffer.alloc(maxHeaderSize);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      assert.deepEqual(bytes.subarray(0, writeShortHeader(view, 0, 0x80 | opcode, length, maskingKey)), expected);
    }
  });

  it('are read in part, as far as their first two bytes go', () => {
    const header = frameHeader();
    assert.equal(decodeHeaderStart(Buffer.of(0xa9), 0, 1, header), false);
    assert.deepEqual([header.fin, header.rsv, header.opcode], [true, 2, 9]);
    for (const [second, masked, bits] of [
      [0x7d, false, 7],
      [0xfd, true, 7],
      [0x7e, false, 16],
      [0xff, true, 16],
    ] as const) {
      assert.equal(decodeHeaderStart(Buffer.of(0x82, second), 0, 2, header), true);
      assert.deepEqual([header.masked, header.lengthBits], [masked, bits]);
    }
  });

  it('are the bytes of §5.7', () => {
    assert.equal(encode({ fin: true, opcode: 1, length: 5 }).toString('hex'), '8105');
    const masked = encode({ fin: true, opcode: 1, length: 5, masked: true, maskingKey: 0x3d21fa37 });
    assert.equal(masked.toString('hex'), '818537fa213d');
    assert.equal(encode({ opcode: 1, length: 3 }).toString('hex'), '0103');
    assert.equal(encode({ fin: true, length: 2 }).toString('hex'), '8002');
    assert.equal(encode({ fin: true, opcode: 2, length: 256 }).toString('hex'), '827e0100');
    assert.equal(encode({ fin: true, opcode: 2, length: 65536 }).toString('hex'), '827f0000000000010000');
  });

  it('have the size that their length needs', () => {
    const sizes = [0, 125, 126, 65535, 65536, 2 ** 40].map((length) => [
      headerSize(length, false),
      headerSize(length, true),
    ]);
    assert.deepEqual(sizes, [
      [2, 6],
      [2, 6],
      [4, 8],
      [4, 8],
      [10, 14],
      [10, 14],
    ]);
  });

  it('can be written with a longer length than necessary, for peers that misbehave on purpose', () => {
    assert.equal(encode({ length: 5, lengthBits: 16 }).toString('hex'), '007e0005');
    assert.equal(encode({ length: 5, lengthBits: 64 }).toString('hex'), '007f0000000000000005');
    assert.equal(encode({ length: 300, lengthBits: 64 }).toString('hex'), '007f000000000000012c');
  });

  it('say how their length was written', () => {
    assert.deepEqual([decode('817d').length, decode('817d').lengthBits], [125, 7]);
    assert.deepEqual([decode('817e0005').length, decode('817e0005').lengthBits], [5, 16]);
    assert.deepEqual([decode('817f0000000000000005').length, decode('817f0000000000000005').lengthBits], [5, 64]);
  });

  it('tell lengths below 2^63 from those that are not, which have the most significant bit', () => {
    assert.ok(decode('827f7fffffffffffffff').length < 2 ** 63);
    assert.ok(decode('827f7ffffffffffffc00').length < 2 ** 63);
    assert.ok(decode('827f7fffffffffffffff').length > 2 ** 62);
    assert.ok(decode('827f8000000000000000').length >= 2 ** 63);
    assert.ok(decode('827fffffffffffffffff').length >= 2 ** 63);
  });

  it('are decoded without judging them', () => {
    const header = decode('7f8401020304');
    assert.deepEqual(header, {
      fin: false,
      rsv: 7,
      opcode: 15,
      masked: true,
      maskingKey: 0x04030201,
      length: 4,
      lengthBits: 7,
    });
  });
});
