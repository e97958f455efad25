import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkRules, isRandom, type RelayRules } from '../../lib/relay/relay-rules.js';

it('rules that cannot be are refused with a sentence', () => {
  const cases: [unknown, RegExp][] = [
    [{ delay: -1 }, /^the rule delay must be a number of milliseconds from 0 to 2147483647, got -1$/],
    [{ split: 0 }, /^the rule split must be an integer from 1, got 0$/],
    [{ rate: Number.NaN }, /^the rule rate must be a number from 1, got NaN$/],
    [{ dropPongs: 'yes' }, /^the rule dropPongs must be a boolean, got yes$/],
    [{ close: 1006 }, /^the rule close must be a code that a Close frame may have/],
    [{ refuse: 200 }, /^the rule refuse must be an HTTP status from 300 to 599, got 200$/],
    [{ cutAfter: { frames: 1.5 } }, /^the rule cutAfter.frames must be an integer from 0, got 1.5$/],
    [
      { cutAfter: { seconds: 9_999_999 } },
      /^the rule cutAfter.seconds must be a number from 0 to 2147483, got 9999999$/,
    ],
    [{ cutAfter: { minutes: 1 } }, /^there is no rule cutAfter.minutes; expected one of bytes, frames, seconds$/],
    [{ toServer: { reset: true } }, /^there is no rule toServer.reset;/],
    [{ toClient: 1 }, /^the rules toClient must be an object$/],
    [{ lag: 1 }, /^there is no rule lag;/],
    [{ reset: true, close: 1000 }, /^expected the rule reset or close, got both$/],
  ];
  for (const [rules, message] of cases)
    assert.throws(() => checkRules(rules as RelayRules), { name: 'TypeError', message });
});

it('rules that can be are taken', () => {
  const rules: RelayRules = {
    delay: 1,
    jitter: 0,
    rate: 1000,
    split: 1,
    dropPongs: true,
    corrupt: false,
    cutAfter: { bytes: 0, frames: 1, seconds: 0.5 },
    toServer: { corrupt: true },
    toClient: {},
    close: 4999,
    refuse: 503,
  };
  assert.equal(checkRules(rules), rules);
  assert.deepEqual([isRandom(rules), isRandom({}), isRandom({ jitter: 1 })], [true, false, true]);
});
