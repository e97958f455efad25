import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BusinessError } from '../../lib/api/errors.js';
import { askedDelay, backOffDelay, isTemporary, type ReconnectingOutcome } from '../../lib/api/retry-rule.js';

const failed = (status: number): ReconnectingOutcome => ({ status, attempted: true, failures: 1 });
const closed = (code: number): ReconnectingOutcome => ({ code, reason: '', attempted: true, failures: 0 });

describe('the default rule', () => {
  it('tries again after failures of the network, and statuses that pass', () => {
    for (const status of [0, 408, 425, 429, 500, 502, 503, 504, 520, 599])
      assert.equal(isTemporary(failed(status)), true, String(status));
    for (const status of [101, 200, 301, 302, 400, 401, 403, 404, 407, 410, 426, 501, 505, 511])
      assert.equal(isTemporary(failed(status)), false, String(status));
  });

  it('does not try again with arguments that are wrong', () => {
    assert.equal(isTemporary({ status: 0, attempted: false, failures: 1 }), false);
  });

  it('tries again after close codes that say nothing final', () => {
    for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 1014, 3008, 4000, 4999])
      assert.equal(isTemporary(closed(code)), true, String(code));
    for (const code of [1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003])
      assert.equal(isTemporary(closed(code)), false, String(code));
  });
});

describe('the delay', () => {
  it('doubles up to its bound, and half of it is random', () => {
    const range = { minDelay: 500, maxDelay: 30_000 };
    assert.deepEqual(
      [0, 1, 2, 3, 7, 8, 5000].map((failures) => backOffDelay(failures, range, 0)),
      [250, 250, 500, 1000, 15_000, 15_000, 15_000],
    );
    assert.deepEqual([backOffDelay(1, range, 0.5), backOffDelay(9, range, 0.999) < 30_000], [375, true]);
    assert.equal(backOffDelay(5000, { minDelay: 0, maxDelay: 0 }, 0.5), 0);
  });
});

describe('Retry-After', () => {
  const asked = (value: unknown): number => {
    const response = { status: 503, message: '', headers: { 'retry-after': value as string }, body: '' };
    return askedDelay({ ...failed(503), error: new BusinessError(2302999, '', { response }) }, Date.UTC(2030, 0, 1));
  };

  it('is a number of seconds or a date, of at most an hour', () => {
    assert.deepEqual([asked('120'), asked('0'), asked('99999')], [120_000, 0, 3_600_000]);
    assert.equal(asked('Tue, 01 Jan 2030 00:00:30 GMT'), 30_000);
    assert.equal(asked('Tue, 01 Jan 2019 00:00:30 GMT'), 0);
    assert.equal(asked('Tue, 01 Jan 2999 00:00:30 GMT'), 3_600_000);
  });

  it('is nothing when it is not there, or nonsense', () => {
    for (const value of [undefined, '', 'soon', '-1x', ['1', '2']]) assert.equal(asked(value), 0);
    assert.equal(askedDelay(failed(503), 0), 0);
    assert.equal(askedDelay({ ...failed(0), error: new Error('x') }, 0), 0);
  });
});
