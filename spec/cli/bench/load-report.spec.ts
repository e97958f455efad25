import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeLoad, jsonOfLoad, loadLine, loadWarnings, renderLoad } from '../../../lib/cli/bench/load-report.js';
import { painter } from '../../../lib/cli/terminal.js';
import { sampleOutcome, samplePlan, sampleTick } from './outcomes.js';

const plain = painter({});

describe('the report of a load', () => {
  it('says which model it has', () => {
    assert.match(describeLoad(samplePlan), /^20 connections in 2 processes\nopen model: 1 000 messages\/s, whatever/);
    assert.match(describeLoad({ ...samplePlan, rate: undefined, inFlight: 3 }), /closed model: 3 in flight on each/);
    assert.match(describeLoad({ ...samplePlan, rate: undefined, reaction: 'nothing' }), /closed model: .*system/);
    assert.match(describeLoad({ ...samplePlan, reaction: 'feed' }), /what the server sends on its own/);
    assert.match(describeLoad({ ...samplePlan, rampUp: 5 }), /5 s of ramp-up, 1 s of warm-up, 2 s measured$/);
  });

  it('has percentiles to p99.99, both latencies of the open model, and the share of the client', () => {
    const text = renderLoad(sampleOutcome(), plain);
    assert.match(text, /^opened {4}20 of 20 connections, 20 open at the end$/m);
    assert.match(text, /^answered {2}200 messages\/s, .* \(400 in 2\.00 s\)$/m);
    assert.match(text, /^latency {3}from when each message was due to its answer, 400 of 400 messages$/m);
    assert.match(text, /min 0\.100 ms {2}p50 .* p90 .* p99 .* p99\.9 .* p99\.99 .* max 10\.00 ms {2}mean/);
    assert.match(text, /^… sent {4}from sending: min/m);
    assert.match(text, /^errors {4}none$/m);
    assert.match(text, /^client {4}1\.00 of \d+ cores .* busiest process 60 % busy, sends 0\.100 ms late/m);
    assert.doesNotMatch(text, /\x1b|warning|NaN|undefined/);
  });

  it('has errors by kind, each with an example', () => {
    const errors = { reset: { count: 3, example: 'it was lost' } };
    const text = renderLoad(sampleOutcome({}, { errors }), plain);
    assert.match(text, /^errors {4}12\n {10}12 {2}reset {2}first: it was lost$/m);
  });

  it('shows nothing of a server that drives a terminal', () => {
    const errors = { 'closed with 1011': { count: 1, example: 'the server closed with 1011: \x1b[2J\u009b31m\u202e' } };
    const text = renderLoad(sampleOutcome({}, { errors }), plain);
    assert.match(text, /first: the server closed with 1011: \\u001b\[2J\\u009b31m\\u202e$/m);
  });

  it('says that it ended early', () => {
    assert.match(renderLoad(sampleOutcome({}, {}, true), plain), /^stopped {3}after 2\.0 of 2 s$/m);
    assert.match(
      renderLoad(sampleOutcome({ duration: 60 }), plain),
      /^ended {5}after 2\.0 of 60 s: no connection was left$/m,
    );
  });

  it('has no line over time when no piece of time was long enough', () => {
    const text = renderLoad(sampleOutcome({}, { elapsed: 0.002 }, true), plain);
    assert.doesNotMatch(text, /over time|Infinity/);
  });

  it('warns of a client that was the bottleneck, and of a server that does not echo', () => {
    assert.deepEqual(loadWarnings(sampleOutcome()), []);
    const [busy] = loadWarnings(sampleOutcome({ processes: 1 }, { busy: 0.97, cpu: 0.95 }));
    assert.match(busy!, /^the client was the bottleneck: its process was 97 % busy/);
    const [starved] = loadWarnings(sampleOutcome({ processes: 1 }, { busy: 0.97, cpu: 0.2 }));
    assert.match(starved!, /^the client had to wait for the processor.* it got 20 % of a core/);
    assert.match(loadWarnings(sampleOutcome({}, { received: 0, unasked: 5 }))[0]!, /does not send back/);
  });

  it('has a line for a terminal while it runs', () => {
    assert.equal(loadLine([], samplePlan, 0, 0), '');
    assert.match(loadLine([sampleTick({ phase: 'opening' })], samplePlan, 7, 0), /^opening {2}7\/20 open$/);
    const line = loadLine([sampleTick(), sampleTick({ process: 1 })], samplePlan, 20, 2);
    assert.equal(line, 'measured 1.0 s  20/20 open  200 messages/s  2 errors  client 60 % busy');
  });

  it('is an object for programs', () => {
    const json = JSON.parse(JSON.stringify(jsonOfLoad(sampleOutcome({ expect: /ok/u }), 'ws://h/')));
    assert.deepEqual([json.url, json.model, json.perSecond, json.plan.expect], ['ws://h/', 'open', 200, 'ok']);
    assert.deepEqual([json.latency.count, json.latency.max, json.latencyFromSending.count], [400, 10, 400]);
    assert.deepEqual([json.connections.opened, json.overTime.length, json.errors], [20, 3, []]);
    const closed = JSON.parse(JSON.stringify(jsonOfLoad(sampleOutcome({ rate: undefined }), 'ws://h/')));
    assert.deepEqual([closed.model, closed.latencyFromSending], ['closed', undefined]);
  });
});
