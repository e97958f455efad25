import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { util } from '../../lib/kit/util.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('util.TextEncoder', () => {
  const encoder = new util.TextEncoder();

  it('makes bytes whose memory is exactly theirs', () => {
    for (const made of [
      encoder.encodeInto('grüße'),
      encoder.encode('grüße'),
      util.TextEncoder.create().encodeInto('grüße'),
    ]) {
      assert.deepEqual([...made], [...Buffer.from('grüße')]);
      assert.equal(made.buffer.byteLength, 7);
    }
    assert.equal(encoder.encodeInto().byteLength, 0);
  });

  it('fills a place that it is given', () => {
    const place = new Uint8Array(3);
    assert.deepEqual({ ...encoder.encodeInto('äöü', place) }, { read: 1, written: 2 });
    assert.deepEqual({ ...encoder.encodeIntoUint8Array('abc', place) }, { read: 3, written: 3 });
  });

  it('refuses an encoding that Node does not write', () => {
    assert.equal(new util.TextEncoder('UTF-8').encoding, 'utf-8');
    assert.throws(() => new util.TextEncoder('gbk'), /encodes UTF-8 only here, got "gbk"/);
  });
});

describe('util.TextDecoder', () => {
  it('reads text under each of the platform’s names', () => {
    const decoder = util.TextDecoder.create('utf-8', { ignoreBOM: true });
    for (const read of ['decode', 'decodeToString', 'decodeWithStream'] as const) {
      assert.equal(decoder[read](bytes(0xc3, 0xbc)), 'ü');
    }
    assert.deepEqual([decoder.encoding, decoder.ignoreBOM, decoder.fatal], ['utf-8', true, false]);
  });

  it('reads a character in pieces', () => {
    const decoder = new util.TextDecoder();
    assert.equal(decoder.decodeToString(bytes(0xc3), { stream: true }) + decoder.decodeWithStream(bytes(0xbc)), 'ü');
  });
});

describe('util.Base64Helper', () => {
  const helper = new util.Base64Helper();
  const data = bytes(0xfb, 0xff, 0, 1);

  it('writes and reads, at once or later', async () => {
    assert.equal(helper.encodeToStringSync(data), '+/8AAQ==');
    assert.equal(await helper.encodeToString(data, util.Type.BASIC_URL_SAFE), '-_8AAQ');
    assert.equal(Buffer.from(helper.encodeSync(data)).toString(), '+/8AAQ==');
    assert.deepEqual(await helper.encode(data), helper.encodeSync(data));
    for (const text of ['+/8AAQ==', '-_8AAQ', helper.encodeSync(data)]) {
      assert.deepEqual(helper.decodeSync(text), data);
      assert.deepEqual(await helper.decode(text), data);
    }
    assert.equal(helper.decodeSync('AAAA').buffer.byteLength, 3);
  });

  it('writes lines of at most 76 characters for MIME', () => {
    const lines = helper.encodeToStringSync(new Uint8Array(60), util.Type.MIME).split('\r\n');
    assert.deepEqual(
      lines.map((line) => line.length),
      [76, 4, 0],
    );
    assert.deepEqual(helper.decodeSync(lines.join('\r\n'), util.Type.MIME), new Uint8Array(60));
  });

  it('encodes a view, not the memory that it is a view of', () => {
    assert.equal(helper.encodeToStringSync(data.subarray(2)), 'AAE=');
  });
});

describe('the rest of util', () => {
  it('is not here', () => {
    const { LRUCache } = util as unknown as { LRUCache: new () => unknown };
    assert.throws(() => new LRUCache(), { code: 801, message: /util\.LRUCache of @ohos\.util/ });
  });
});
