import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { intervalOf, Schedule, shareOf } from '../../../lib/cli/bench/schedule.js';

/** How many messages are due before a time. */
function dueBefore(schedule: Schedule, seconds: number): number {
  let number = 0;
  while (schedule.due(number) < seconds) number++;
  return number;
}

describe('the schedule of the open model', () => {
  it('has as many messages in every second as the rate says, evenly', () => {
    const schedule = new Schedule(250, 0, 0);
    for (const seconds of [1, 2, 7]) assert.equal(dueBefore(schedule, seconds), 250 * seconds);
    assert.equal(schedule.due(1) - schedule.due(0), 1 / 250);
  });

  it('grows from nothing in the ramp-up, and goes on at the rate without a step', () => {
    const schedule = new Schedule(100, 4, 0);
    assert.equal(dueBefore(schedule, 2), 50);
    assert.equal(dueBefore(schedule, 4), 200);
    assert.equal(dueBefore(schedule, 5), 300);
    for (let number = 1; number < 400; number++) assert.ok(schedule.due(number) > schedule.due(number - 1));
  });

  it('of several processes is together that of one', () => {
    const parts = [0, 1, 2, 3].map((process) => new Schedule(25, 0, process / 4));
    const together = parts.flatMap((part) => Array.from({ length: 25 }, (_, number) => part.due(number)));
    const one = new Schedule(100, 0, 0);
    together
      .sort((a, b) => a - b)
      .forEach((due, number) => assert.ok(Math.abs(due - one.due(number)) < 1e-9, `${number}`));
  });
});

it('connections are dealt out, none is lost', () => {
  for (const [connections, processes] of [
    [10, 3],
    [3, 3],
    [10_000, 7],
  ] as const) {
    const shares = Array.from({ length: processes }, (_, process) => shareOf(connections, process, processes));
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      connections,
    );
    assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
  }
});

it('a run has points a tenth of a second to a second apart', () => {
  assert.deepEqual([0.5, 10, 60, 3600].map(intervalOf), [0.1, 0.2, 1, 1]);
});
