import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readArguments } from '../../../lib/cli/command.js';
import { faultOptions, readFaults } from '../../../lib/cli/relay/fault-options.js';
import { checkRules, type RelayRules } from '../../../lib/relay/relay-rules.js';

const read = (...args: string[]): RelayRules =>
  JSON.parse(JSON.stringify(checkRules(readFaults(readArguments(args, faultOptions).values)))) as RelayRules;

const nothing = { dropPongs: false, corrupt: false, reset: false };

it('the options of faults are the rules of a relay', () => {
  assert.deepEqual(read(), nothing);
  assert.deepEqual(
    read('--delay', '1.5s', '--jitter=20ms', '--rate', '64k', '--split', '3', '--drop-pongs', '--corrupt'),
    {
      delay: 1500,
      jitter: 20,
      rate: 64_000,
      split: 3,
      dropPongs: true,
      corrupt: true,
      reset: false,
    },
  );
  assert.deepEqual(
    read('--cut-after', '10f', '--cut-after', '100b', '--cut-after', '0.5s', '--cut-after', '3F', '--reset'),
    {
      ...nothing,
      cutAfter: { frames: 3, bytes: 100, seconds: 0.5 },
      reset: true,
    },
  );
  assert.deepEqual(read('--direction', 'to-client', '--delay', '5', '--close', '4000', '--refuse', '503'), {
    toServer: {},
    toClient: { delay: 5, dropPongs: false, corrupt: false },
    reset: false,
    close: 4000,
    refuse: 503,
  });
  assert.deepEqual(Object.keys(read('--direction', 'to-server', '--split', '1').toServer!), [
    'split',
    'dropPongs',
    'corrupt',
  ]);
});

it('what they cannot be is said', () => {
  for (const [args, message] of [
    [['--delay', 'soon'], /^--delay must be a time such as 100, 100ms or 1\.5s, got "soon"$/],
    [['--rate', '0'], /^--rate must be bytes a second such as 5000, 64k or 1m, got "0"$/],
    [['--cut-after', '10'], /^--cut-after must be 100b \(bytes\), 10f \(frames\) or 5s \(seconds\), got "10"$/],
    [['--cut-after', '1.5f'], /^--cut-after must be/],
    [['--reset', '--close', '1000'], /^expected --reset or --close, got both$/],
    [['--refuse', '200'], /^--refuse must be an integer between 300 and 599/],
  ] as const) {
    assert.throws(() => read(...args), { message });
  }
});
