import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { decodeCloseBody, encodeCloseBody } from '../../../lib/protocol/closing/close-body.js';
import { maxReasonSize, maySendCloseCode } from '../../../lib/protocol/closing/close-code.js';
import { Violation } from '../../../lib/protocol/rules.js';
import type { Target } from '../fuzzer.js';
import { wellFormed } from '../random.js';
import { mutateBytes } from '../wire.js';

export const closeBodies: Target = {
  name: 'close-bodies',
  title: 'the body of a Close frame is read as it was written, or refused by a rule of its own',
  share: 6,
  run(random) {
    const code = random.once(2) ? 990 + random.below(40) : random.below(65536);
    const reason = random.text(random.below(42)).slice(0, 41);
    const body = encodeCloseBody(code, reason);
    assert.ok(body.length <= 2 + maxReasonSize);
    if (code === 1005) return assert.deepEqual(decodeCloseBody(body, 7), { code: 1005, reason: '' });
    if (maySendCloseCode(code)) assert.deepEqual(decodeCloseBody(body, 7), { code, reason: wellFormed(reason) });

    const bytes = random.once(4) ? random.bytes(random.below(126)) : mutateBytes(random, body);
    try {
      const read = decodeCloseBody(bytes, 7);
      if (bytes.length === 0) assert.deepEqual(read, { code: 1005, reason: '' });
      else assert.deepEqual(encodeCloseBody(read.code, read.reason), bytes);
    } catch (error) {
      assert.ok(error instanceof Violation, String(error));
      const { id, closeCode } = error.rule;
      assert.ok(['close-length', 'close-code', 'close-reason-utf8'].includes(id), id);
      assert.equal(closeCode, id === 'close-reason-utf8' ? 1007 : 1002);
      assert.equal(error.offset, 7);
      const value = bytes.length < 2 ? 0 : bytes.readUInt16BE();
      if (id === 'close-code') assert.ok(!maySendCloseCode(value), `${value}`);
      if (id === 'close-reason-utf8') assert.ok(Buffer.from(bytes.subarray(2).toString()).compare(bytes, 2) !== 0);
    }
  },
};
