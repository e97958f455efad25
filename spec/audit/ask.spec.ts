import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, isDoubtful, unasked, wasTurnedAway, withOverheard } from '../../lib/audit/ask.js';
import type { Evidence, ProbeResult, Verdict } from '../../lib/audit/probe.js';
import { NotObservable, type Probe } from '../../lib/audit/probe-run.js';

const question = {
  id: 'ping-x',
  section: 'ping',
  reference: 'RFC 6455 §5.5.2',
  level: 'MUST',
  rule: 'does',
  sends: 'this',
  expects: 'that',
} as const;
const options = {
  target: { hostField: 'example.test', resource: '/', secure: false, fields: [], subprotocols: [] },
  times: { probe: 60_000, grace: 1, linger: 1 },
  dial: () => Promise.reject(new Error('connection refused')),
};

describe('a probe that is put', () => {
  const put = (body: Probe['ask']) => ask({ ...question, ask: body }, options);

  it('has a result with the question, the finding and the evidence', async () => {
    const { result, refusal } = await put(async () => ({ verdict: 'warning', got: 'a\x1b[2J' }));
    assert.deepEqual(
      { ...result, duration: 0 },
      {
        ...question,
        verdict: 'warning',
        got: 'a\\u001b[2J',
        evidence: [],
        duration: 0,
      },
    );
    assert.equal(refusal, undefined);
  });

  it('is not observable without a connection, which is its evidence', async () => {
    const { result } = await put(async (run) => {
      await run.open();
      return { verdict: 'pass', got: '' };
    });
    assert.equal(result.verdict, 'not observable');
    assert.equal(result.evidence[0]!.summary, 'connection lost before it began: connection refused');
    assert.ok(isDoubtful(result));
  });

  it('lets errors of its own through', async () => {
    await assert.rejects(
      put(() => Promise.reject(new TypeError('a mistake'))),
      TypeError,
    );
    assert.equal((await put(() => Promise.reject(new NotObservable('why')))).result.got, 'why');
  });

  it('is not observable when it was not put', () => {
    const { verdict, got } = unasked({ ...question, ask: () => assert.fail() }, 'why');
    assert.deepEqual([verdict, got], ['not observable', 'not asked: why']);
  });
});

describe('a probe that was turned away', () => {
  const steps = (...rows: [Evidence['kind'], Evidence['direction'], string][]) => ({
    evidence: rows.map(([kind, direction, summary]) => ({ kind, direction, summary, connection: 1, time: 0 })),
  });
  const request = ['head', 'sent', 'GET / HTTP/1.1'] as [Evidence['kind'], Evidence['direction'], string];

  it('has sent a head that was not answered with 101', () => {
    assert.ok(wasTurnedAway(steps(request)));
    assert.ok(wasTurnedAway(steps(request, ['head', 'received', 'HTTP/1.1 403 No'])));
    assert.ok(wasTurnedAway(steps(request, ['end', 'event', 'TCP closed by the server'])));
    assert.ok(wasTurnedAway(steps(['end', 'event', 'connection lost before it began: refused'])));
    assert.ok(!wasTurnedAway(steps(request, ['head', 'received', 'HTTP/1.1 101 Yes'], ['end', 'event', 'lost'])));
    assert.ok(!wasTurnedAway(steps()));
  });
});

describe('what was overheard', () => {
  const of = (id: string, verdict: Verdict): ProbeResult =>
    ({ id, verdict, got: `got ${id}`, evidence: [{ summary: id }] }) as unknown as ProbeResult;
  const heard = (rule: string, by: ProbeResult) => new Map([[rule, { got: 'a masked frame', by }]]);
  const [own, other] = [of('frame-own-unmasked', 'pass'), of('ping-empty', 'pass')];
  const seen = (results: ProbeResult[]) => results.map(({ id, verdict, got }) => `${id} ${verdict}: ${got}`);

  it('fails the probe of its rule, with the traffic in which it was heard', () => {
    const results = withOverheard([own, other], heard(own.id, other));
    assert.deepEqual(seen(results), [
      'frame-own-unmasked fail: a masked frame, in the traffic of ping-empty',
      'ping-empty pass: got ping-empty',
    ]);
    assert.equal(results[0]!.evidence, other.evidence);
  });

  it('fails the probe that heard it where the one of the rule was not chosen', () => {
    assert.deepEqual(seen(withOverheard([other], heard(own.id, other))), [
      'ping-empty fail: got ping-empty; but a masked frame as well',
    ]);
  });

  it('changes nothing of a probe that failed of itself', () => {
    const failed = of(own.id, 'fail');
    assert.deepEqual(withOverheard([failed, other], heard(own.id, other)), [failed, other]);
  });
});

describe('a verdict that chance can have made', () => {
  const of = (verdict: Verdict, ...steps: [Evidence['kind'], string, connection?: number][]): ProbeResult =>
    ({
      verdict,
      evidence: steps.map(([kind, summary, connection = 1]) => ({ direction: 'received', kind, summary, connection })),
    }) as unknown as ProbeResult;
  const reset = ['end', 'connection lost (ECONNRESET)'] as [Evidence['kind'], string];
  const closed = ['end', 'TCP closed by the server'] as [Evidence['kind'], string];

  it('rests on a connection that was lost, or on its end when that is not what a rule wants', () => {
    for (const verdict of ['pass', 'fail', 'warning', 'not observable'] as const)
      assert.ok(isDoubtful(of(verdict, reset)));
    assert.ok(isDoubtful(of('fail', closed)));
    assert.ok(!isDoubtful(of('pass', closed)));
    assert.ok(!isDoubtful(of('fail', ['frame', 'Text "a"'])));
  });

  it('does not rest on the end of a connection that the server had ended with an answer', () => {
    assert.ok(!isDoubtful(of('fail', ['frame', 'Close 1000'], reset)));
    assert.ok(!isDoubtful(of('fail', ['head', 'HTTP/1.1 400 No'], reset)));
    assert.ok(isDoubtful(of('fail', ['head', 'HTTP/1.1 101 Yes'], reset)));
    assert.ok(isDoubtful(of('fail', ['frame', 'Close 1000', 2], reset)));
  });
});
