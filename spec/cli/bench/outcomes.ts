/** Outcomes of loads that never ran, for reports. */
import { Histogram } from '../../../lib/cli/bench/histogram.js';
import type { LoadPlan } from '../../../lib/cli/bench/load-plan.js';
import { type LoadOutcome, LoadRecord } from '../../../lib/cli/bench/outcome.js';
import type { LoadTick } from '../../../lib/cli/bench/tally.js';
import type { ConnectionValues } from '../../../lib/cli/connection-options.js';

export const samplePlan: LoadPlan = {
  connections: 20,
  processes: 2,
  rate: 1000,
  inFlight: 65536,
  rampUp: 0,
  warmUp: 1,
  duration: 2,
  messages: { kind: 'sizes', sizes: [{ size: 125, weight: 1 }], binary: false },
  reaction: 'echo',
  expect: undefined,
  greetings: 0,
  answerTimeout: 10,
  reopen: false,
};

export function sampleTick(more: Partial<LoadTick> = {}): LoadTick {
  const latency = new Histogram();
  for (let value = 1; value <= 100; value++) latency.record(value / 10);
  const delay = new Histogram();
  delay.record(0.1);
  const none = new Histogram().toData();
  return {
    process: 0,
    phase: 'measured',
    at: 1,
    elapsed: 1,
    due: 100,
    sent: 100,
    sentBytes: 12_500,
    received: 100,
    receivedBytes: 12_500,
    unasked: 0,
    late: 0,
    attempted: 0,
    opened: 0,
    open: 10,
    errors: {},
    latency: latency.toData(),
    service: latency.toData(),
    delay: delay.toData(),
    opening: none,
    cpu: 0.5,
    busy: 0.6,
    ...more,
  };
}

/** Two processes, two seconds, after an opening. */
export function sampleOutcome(
  plan: Partial<LoadPlan> = {},
  tick: Partial<LoadTick> = {},
  interrupted = false,
): LoadOutcome {
  const load = { ...samplePlan, ...plan };
  const record = new LoadRecord({ url: 'ws://127.0.0.1:8080/', values: {} as ConnectionValues, load });
  const opening = new Histogram();
  for (let value = 1; value <= 10; value++) opening.record(value);
  for (let process = 0; process < load.processes; process++) {
    const nothing = { ...sampleTick({ process, phase: 'opening' }), latency: new Histogram().toData() };
    record.add({ ...nothing, received: 0, due: 0, sent: 0, attempted: 10, opened: 10, opening: opening.toData() });
    record.add(sampleTick({ process, phase: 'warm-up', at: 2 }));
    for (const at of [3, 4]) record.add(sampleTick({ process, at, ...tick }));
  }
  return record.outcome(interrupted);
}
