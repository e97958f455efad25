import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Tally } from '../../../lib/cli/bench/tally.js';

it('a tally begins anew with each piece of time', () => {
  const tally = new Tally(3);
  tally.due = tally.received = 2;
  tally.latency.record(5);
  tally.error('reset', 'x'.repeat(1000));
  tally.error('reset', 'second', 4);
  const first = structuredClone(tally.cut('measured', 7));
  assert.deepEqual([first.process, first.phase, first.due, first.received, first.open], [3, 'measured', 2, 2, 7]);
  assert.deepEqual([first.latency.count, first.errors['reset']!.count], [1, 5]);
  assert.equal(first.errors['reset']!.example.length, 200);
  const second = tally.cut('drain', 0);
  assert.deepEqual([second.due, second.received, second.latency.count, second.errors], [0, 0, 0, {}]);
  assert.ok(second.at >= first.at && second.elapsed >= 0 && second.busy >= 0);
});
