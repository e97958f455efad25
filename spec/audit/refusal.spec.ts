import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { describeRefusal, describeStatus, refusalOf } from '../../lib/audit/refusal.js';
import { HeadReader, parseStatusLine } from '../../lib/protocol/http/head.js';

function refusal(status: string, ...fields: string[]) {
  const reader = new HeadReader({ maxHeadSize: 1000, maxHeadFields: 10 }, undefined, true);
  const bytes = Buffer.from([`HTTP/1.1 ${status}`, ...fields, '', ''].join('\r\n'));
  reader.push(bytes, 0, bytes.length);
  return refusalOf(parseStatusLine(reader.head!.startLine), reader.head!, Date.UTC(2026, 0, 1));
}

describe('a refusal', () => {
  it('is 429 or 503, whatever the request was, and no other status', () => {
    for (const status of ['429 Slow', '503 Full'])
      assert.deepEqual(refusal(status), { status, retryAfter: undefined, isSaid: true });
    for (const status of ['101 Yes', '400 Bad', '426 Upgrade', '500 Broken', '502 Gone'])
      assert.equal(refusal(status), undefined);
  });

  it('says when to come back, in seconds or as a date', () => {
    const times: [value: string, milliseconds: number | undefined][] = [
      ['0', 0],
      ['120', 120_000],
      ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
      ['Thu, 01 Jan 2015 00:00:00 GMT', 0],
      ['soon', undefined],
    ];
    for (const [value, time] of times)
      assert.equal(refusal('429 Slow', `Retry-After: ${value}`)!.retryAfter, time, value);
  });

  it('is told with what to do about it', () => {
    const expected =
      'the opening handshake was answered with 429 Slow: the server limits its clients, ask fewer questions at once';
    assert.equal(describeRefusal({ status: '429 Slow', retryAfter: 1, isSaid: true }), expected);
    assert.match(
      describeRefusal({ status: '403 No', retryAfter: 1, isSaid: false }),
      /^a correct .* got 403 No: perhaps /,
    );
  });
});

describe('a status', () => {
  it('is short and printable', () => {
    const status = { version: '1.1', status: 404, message: `a\x9b${'b'.repeat(1000)}` };
    assert.equal(describeStatus(status), `404 a\\u009b${'b'.repeat(58)}…`);
    assert.equal(describeStatus({ ...status, message: '' }), '404');
  });
});
