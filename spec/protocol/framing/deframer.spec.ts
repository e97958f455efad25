import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { frameCost, unlimited } from '../../../lib/protocol/framing/budget.js';
import { Deframer, type FrameSink } from '../../../lib/protocol/framing/deframer.js';
import {
  decodeHeader,
  encodeHeader,
  type FrameHeader,
  frameHeader,
  maxHeaderSize,
} from '../../../lib/protocol/framing/header.js';
import { opcodeName } from '../../../lib/protocol/framing/opcode.js';
import { Violation } from '../../../lib/protocol/rules.js';
import { fromHex } from '../drive.js';
import { seeded } from '../random.js';

/** Writes down every frame with its whole payload; stops after `most` frames. */
class Recorder implements FrameSink {
  readonly frames: string[] = [];
  /** Frames whose header has come. */
  started = 0;
  /** Runs of texts that came in one call: how many frames each had. */
  readonly runs: number[] = [];
  takesTextRun = false;
  most = Infinity;
  #head = '';
  #payload: Buffer[] = [];

  get stopped(): boolean {
    return this.frames.length >= this.most;
  }

  frameStart(header: FrameHeader, offset: number): void {
    const { fin, rsv, opcode, masked, length } = header;
    this.started++;
    this.#head = `@${offset} ${opcodeName(opcode)}${fin ? '' : ' unfinished'} ${rsv} ${masked} ${length}`;
    this.#payload = [];
  }

  framePayload(bytes: Buffer, start: number, end: number): void {
    assert.ok(end > start, 'no call without bytes');
    this.#payload.push(Buffer.from(bytes.subarray(start, end)));
  }

  frameEnd(): void {
    this.frames.push(`${this.#head} ${Buffer.concat(this.#payload).toString('hex')}`);
  }

  frameWhole(header: FrameHeader, offset: number, bytes: Buffer, start: number, end: number): void {
    this.frameStart(header, offset);
    if (end > start) this.framePayload(bytes, start, end);
    this.frameEnd();
  }

  textRun(bytes: Buffer, start: number, end: number): number {
    let at = start;
    const before = this.frames.length;
    while (!this.stopped && bytes[at] === 0x81) {
      const header = frameHeader();
      const size = decodeHeader(bytes, at, end, header);
      const next = at + size + header.length;
      if (size !== 2 || next > end) break;
      this.frameWhole(header, -1, bytes, at + size, next);
      at = next;
    }
    if (at > start) this.runs.push(this.frames.length - before);
    return at;
  }
}

interface Setup {
  expectMasked?: boolean;
  offset?: number;
  takesTextRun?: boolean;
  allowedRsv?: number;
  most?: number;
  /** What is set anew before each call; the rest of a chunk is given again until it has been taken. */
  budget?: number;
}

function deframe(chunks: readonly Buffer[], setup: Setup = {}): { recorder: Recorder; deframer: Deframer } {
  const { expectMasked = false, offset = 0, takesTextRun = false, allowedRsv = 0 } = setup;
  const recorder = new Recorder();
  const budget = unlimited();
  recorder.takesTextRun = takesTextRun;
  recorder.most = setup.most ?? Infinity;
  const deframer = new Deframer(recorder, { expectMasked, offset, budget });
  deframer.allowedRsv = allowedRsv;
  for (const chunk of chunks) {
    // A part of a larger buffer that is reused afterwards, as the ones that sockets read into are.
    const memory = Buffer.concat([Buffer.from('81', 'hex'), chunk, Buffer.from('8100', 'hex')]);
    const before = Buffer.from(memory);
    for (let at = 1; at < memory.length - 2; ) {
      budget.left = setup.budget ?? Infinity;
      const next = deframer.receive(memory, at, memory.length - 2);
      assert.ok(next > at, 'progress');
      at = next;
    }
    assert.deepEqual(memory, before, "the caller's bytes are left as they were");
    memory.fill(0xee);
  }
  return { recorder, deframer };
}

function violationOf(hex: string, setup: Setup = {}): string {
  const bytes = fromHex(hex);
  const outcomes = new Set<string>();
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.throws(
      () => deframe([bytes.subarray(0, cut), bytes.subarray(cut)], setup),
      (error) =>
        error instanceof Violation && outcomes.add(`${error.rule.id}@${error.offset} ${error.got}`) !== undefined,
    );
  }
  assert.equal(outcomes.size, 1, [...outcomes].join('\n'));
  return [...outcomes][0]!;
}

/** Frames of all kinds, back to back. */
function someFrames(seed: number, masked: boolean): { bytes: Buffer; expected: string[] } {
  const next = seeded(seed);
  const expected: string[] = [];
  const pieces: Buffer[] = [];
  let offset = 0;
  for (let count = 0; count < 30; count++) {
    const opcode = count === 0 ? 2 : [0, 1, 1, 1, 2, 8, 9, 10][next() % 8]!;
    const fin = opcode >= 8 || next() % 3 > 0;
    const lengths = [0, 1, 5, 124, 125, 126, 127, 300, count === 0 && seed === 1 ? 66_000 : 2000];
    const length = lengths[count === 0 ? 8 : next() % (opcode >= 8 ? 5 : 9)]!;
    const maskingKey = masked ? next() | 0 : 0;
    const payload = Buffer.from(Array.from({ length }, () => next() % (next() % 9 === 0 ? 256 : 128)));
    const head = Buffer.alloc(maxHeaderSize);
    const size = encodeHeader({ ...frameHeader(), fin, opcode, length, masked, maskingKey }, head, 0);
    const key = Buffer.alloc(4);
    key.writeInt32LE(maskingKey);
    pieces.push(head.subarray(0, size), Buffer.from(payload.map((byte, index) => byte ^ key[index % 4]!)));
    expected.push(
      `@${offset} ${opcodeName(opcode)}${fin ? '' : ' unfinished'} 0 ${masked} ${length} ${payload.toString('hex')}`,
    );
    offset += size + length;
  }
  return { bytes: Buffer.concat(pieces), expected };
}

describe('a deframer', () => {
  for (const masked of [false, true]) {
    it(`gives the same ${masked ? 'masked ' : ''}frames whatever the chunks, with their offsets: seeded`, () => {
      for (let seed = 1; seed <= 3; seed++) {
        const { bytes, expected } = someFrames(seed, masked);
        const next = seeded(seed + 100);
        for (const most of [1, 4, 150, 70_000, bytes.length]) {
          for (const takesTextRun of [false, true]) {
            const chunks: Buffer[] = [];
            for (let at = 0; at < bytes.length; ) {
              const to = Math.min(bytes.length, at + 1 + (next() % most));
              chunks.push(bytes.subarray(at, to));
              at = to;
            }
            const { recorder } = deframe(chunks, { expectMasked: masked, takesTextRun });
            assert.equal(recorder.frames.length, expected.length);
            // A run has no offsets.
            const shown = (frame: string): string => (takesTextRun ? frame.replace(/^@\S+/, '') : frame);
            recorder.frames.forEach((frame, index) =>
              assert.ok(shown(frame) === shown(expected[index]!), `seed ${seed}, frame ${index}`),
            );
            assert.equal(recorder.started, recorder.frames.length);
          }
        }
      }
    });
  }

  it('counts offsets from where the response head ended', () => {
    assert.deepEqual(deframe([fromHex('81'), fromHex('00 89 00')], { offset: 129 }).recorder.frames, [
      '@129 text 0 false 0 ',
      '@131 ping 0 false 0 ',
    ]);
    assert.equal(violationOf('8100 8300', { offset: 129 }), 'frame-opcode@131 opcode reserved 0x3');
  });

  it('gives the same frames with any budget, with their offsets: seeded', () => {
    for (const masked of [false, true]) {
      const { bytes, expected } = someFrames(5, masked);
      for (const budget of [1, 200, 5000]) {
        const half = bytes.length >> 1;
        const chunks = [bytes.subarray(0, half), bytes.subarray(half)];
        const { recorder } = deframe(chunks, { expectMasked: masked, budget });
        assert.ok(recorder.frames.length === expected.length && recorder.frames.every((f, i) => f === expected[i]));
      }
    }
  });

  it('takes no more frames than its budget pays for, whatever they are', () => {
    const kinds = ['8100', '8200', '8900', '8a00', '0100', '810161'];
    for (const kind of kinds) {
      const flood = Buffer.from(kind.repeat(1000), 'hex');
      const recorder = new Recorder();
      recorder.takesTextRun = false;
      const budget = { left: 100 * frameCost };
      const deframer = new Deframer(recorder, { expectMasked: false, offset: 0, budget });
      const at = deframer.receive(flood, 0, flood.length);
      assert.ok(recorder.frames.length <= 100 && at <= 300 && budget.left > -2 * frameCost, `${kind}: ${at}`);
      assert.equal(deframer.receive(flood, at, flood.length), at, 'nothing more until the budget is set');
    }
  });

  it('stops where its sink does, in a run of texts as well', () => {
    for (const takesTextRun of [false, true]) {
      for (let most = 0; most < 4; most++) {
        const { recorder } = deframe([fromHex('81 01 61 81 00 81 01 62 88 00 ff ff')], { takesTextRun, most });
        assert.equal(recorder.frames.length, most);
      }
    }
  });

  it('takes small texts in runs when its sink does', () => {
    const { recorder } = deframe([fromHex('81 01 61 81 00 81 02 c3 a9 89 00 81 01 63 01 01 61 80 00 81 00')], {
      takesTextRun: true,
    });
    assert.deepEqual(recorder.runs, [3, 1, 1]);
    const payloads = recorder.frames.map((frame) => frame.split(' ').at(-1));
    assert.deepEqual(payloads, ['61', '', 'c3a9', '', '63', '61', '', '']);
  });

  it('never takes texts in runs from a client, whose frames are masked', () => {
    assert.equal(
      violationOf('81 00', { expectMasked: true, takesTextRun: true }),
      'frame-unmasked@0 an unmasked frame',
    );
  });
});

describe('the rules on a frame, in this order, whatever the chunks', () => {
  it('reserved bits (RFC 6455 §5.2)', () => {
    assert.equal(violationOf('c3 80'), 'frame-rsv@0 RSV1 set');
    assert.equal(violationOf('b1 00'), 'frame-rsv@0 RSV2 and RSV3 set');
    assert.equal(violationOf('f1 00'), 'frame-rsv@0 RSV1 and RSV2 and RSV3 set');
    assert.equal(violationOf('d1 00', { allowedRsv: 4 }), 'frame-rsv@0 RSV3 set');
    assert.deepEqual(deframe([fromHex('c1 00')], { allowedRsv: 4 }).recorder.frames, ['@0 text 4 false 0 ']);
  });

  it('reserved opcodes (§5.2), before anything about control frames', () => {
    assert.equal(violationOf('0b fe'), 'frame-opcode@0 opcode reserved 0xb');
    assert.equal(violationOf('07 00'), 'frame-opcode@0 opcode reserved 0x7');
  });

  it('fragmented control frames (§5.5), before what extensions say about them', () => {
    assert.equal(violationOf('49 fe', { allowedRsv: 4 }), 'control-fragmented@0 a ping frame without FIN');
    assert.equal(violationOf('c9 fe', { allowedRsv: 4 }), 'deflate-rsv1-control@0 a ping frame with RSV1');
  });

  it('masking (§5.1), before the length', () => {
    assert.equal(violationOf('89 fe'), 'frame-masked@0 a masked frame');
    assert.equal(violationOf('89 7e', { expectMasked: true }), 'frame-unmasked@0 an unmasked frame');
  });

  it('the length of control frames (§5.5), before how it was written', () => {
    assert.equal(violationOf('8a 7f'), 'control-length@0 a pong frame of more than 125 bytes');
    assert.equal(violationOf('88 7e 00 00'), 'control-length@0 a close frame of more than 125 bytes');
  });

  it('the encoding of the length (§5.2)', () => {
    assert.equal(violationOf('82 7e 00 7d'), 'frame-minimal-length@0 125 in 16 bits');
    assert.equal(violationOf('82 7f 00 00 00 00 00 00 ff ff'), 'frame-minimal-length@0 65535 in 64 bits');
    assert.equal(violationOf('82 7f 80 00 00 00 00 00 00 00'), 'frame-length-63-bit@0 a length of 2^63 or more');
  });

  it('nothing else', () => {
    for (const hex of [
      '82 7e 00 7e',
      '82 7f 00 00 00 00 00 01 00 00',
      '82 7f 7f ff ff ff ff ff ff ff',
      '89 7d',
      '80 00',
      '00 00',
    ]) {
      assert.equal(deframe([fromHex(hex)]).recorder.started, 1, hex);
    }
  });
});
