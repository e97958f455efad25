import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Histogram } from '../../../lib/cli/bench/histogram.js';
import type { Measurement } from '../../../lib/cli/bench/jobs.js';
import { liveLine, renderBenchJson, renderMeasurement } from '../../../lib/cli/bench/report.js';
import { painter } from '../../../lib/cli/terminal.js';

const plain = painter({ isTTY: false });

function measured(more: Partial<Measurement> = {}): Measurement {
  const latency = new Histogram();
  for (const milliseconds of [1, 2, 3, 4]) latency.record(milliseconds);
  return { job: 'echo', count: 4000, bytes: 4 * 2 ** 20, seconds: 2, latency, note: undefined, ...more };
}

describe('the report of a benchmark', () => {
  it('has the rate, the volume, percentiles and a histogram', () => {
    const lines = renderMeasurement(measured(), plain).split('\n');
    assert.equal(lines[0], 'echo     2 000 messages/s, 2.00 MiB/s (4 000 in 2.00 s)');
    assert.match(lines[1]!, /^ +min .* p50 .* p90 .* p99 .* p999 .* max .* mean /);
    assert.ok(lines.slice(2, -1).every((line) => /^ +≤ +[\d.]+ ms +[\d.]+ %/.test(line)));
  });

  it('says why nothing was measured', () => {
    const nothing = { count: 0, bytes: 0, latency: undefined };
    assert.equal(renderMeasurement(measured({ ...nothing, note: 'it is mute' }), plain), 'echo     it is mute\n');
    assert.equal(renderMeasurement(measured(nothing), plain), 'echo     nothing was measured\n');
  });

  it('has a line for a job in progress', () => {
    assert.match(liveLine(measured({ seconds: 1 }), 3), /^echo {5}1\.0\/3 s {2}4 000 messages\/s {2}p50 /);
  });

  it('is one JSON object', () => {
    const about = { url: 'ws://h/', date: '2026-01-01', size: 1, binary: false, inFlight: 2, echoes: true };
    const report = JSON.parse(renderBenchJson({ ...about, measurements: [measured(), measured({ count: 0 })] }));
    assert.equal(report.url, 'ws://h/');
    assert.deepEqual(
      [report.jobs[0].perSecond, report.jobs[0].bytesPerSecond, report.jobs[1].perSecond],
      [2000, 2097150, 0],
    );
    assert.equal(
      report.jobs[0].latency.histogram.reduce((sum: number, { count }: { count: number }) => sum + count, 0),
      4,
    );
  });
});
