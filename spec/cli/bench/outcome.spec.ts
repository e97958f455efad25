import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LoadRecord } from '../../../lib/cli/bench/outcome.js';
import type { ConnectionValues } from '../../../lib/cli/connection-options.js';
import { sampleOutcome, samplePlan, sampleTick } from './outcomes.js';

describe('the outcome of a load', () => {
  it('adds up the processes, and measures the measured time only', () => {
    const outcome = sampleOutcome();
    assert.deepEqual([outcome.attempted, outcome.opened, outcome.open], [20, 20, 20]);
    assert.deepEqual([outcome.seconds, outcome.received, outcome.due], [2, 400, 400]);
    assert.deepEqual([outcome.latency.count, outcome.opening.count], [400, 20]);
    assert.deepEqual([outcome.client.cores, outcome.client.busiest], [1, 0.6]);
  });

  it('has points over time from the first message on', () => {
    const { points } = sampleOutcome();
    assert.deepEqual(
      points.map(({ at, phase, perSecond, open }) => [at, phase, perSecond, open]),
      [
        [1, 'warm-up', 200, 20],
        [2, 'measured', 200, 20],
        [3, 'measured', 200, 20],
      ],
    );
  });

  it('puts the points of a long run together', () => {
    const record = new LoadRecord({ url: '', values: {} as ConnectionValues, load: { ...samplePlan, processes: 1 } });
    const errors = { reset: { count: 1, example: 'lost' } };
    for (let at = 1; at <= 5000; at++) record.add(sampleTick({ at, errors, phase: at <= 3 ? 'warm-up' : 'measured' }));
    const { points, seconds, latency, errors: kinds, client } = record.outcome(false);
    assert.ok(points.length <= 120 && points.length > 60);
    assert.ok(points.every(({ perSecond }) => perSecond === 100));
    assert.equal(points.at(-1)!.at, 5000);
    assert.deepEqual([seconds, latency.count, kinds[0]!.count], [4997, 499_700, 5000]);
    assert.ok(Math.abs(client.busiestCores - 0.5) < 1e-9 && Math.abs(client.busiest - 0.6) < 1e-9);
  });

  it('has errors of the whole run by kind, the most frequent first, with the first example', () => {
    const errors = { a: { count: 1, example: 'one' }, b: { count: 2, example: 'two' } };
    assert.deepEqual(sampleOutcome({}, { errors }).errors, [
      { kind: 'b', count: 8, example: 'two' },
      { kind: 'a', count: 4, example: 'one' },
    ]);
  });

  it('is all zero when nothing ran', () => {
    const load = { ...samplePlan, processes: 3 };
    const outcome = new LoadRecord({ url: '', values: {} as ConnectionValues, load }).outcome(true);
    assert.deepEqual([outcome.seconds, outcome.received, outcome.points.length, outcome.client.cores], [0, 0, 0, 0]);
  });
});
