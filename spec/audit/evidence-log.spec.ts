import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { EvidenceLog } from '../../lib/audit/evidence-log.js';
import { Secrets } from '../../lib/protocol/secrets.js';

const none = Secrets.ofAuthorization(undefined);
const event = (summary: string) => ({ direction: 'event', kind: 'bytes', summary }) as const;

describe('the evidence of a probe', () => {
  it('is kept in order, with the first bytes in hexadecimal', () => {
    const log = new EvidenceLog(none);
    log.add(1, 1, event('one'));
    log.add(2, 2, { ...event('two'), bytes: Buffer.alloc(65, 0xab) });
    assert.deepEqual(log.steps, [
      { time: 1, connection: 1, ...event('one') },
      { time: 2, connection: 2, ...event('two'), hex: `${'ab '.repeat(64)}…` },
    ]);
  });

  it('has its beginning and its end, and says how much is missing between', () => {
    const log = new EvidenceLog(none);
    for (let index = 0; index < 100_000; index++) log.add(index, 1, event(String(index)));
    const summaries = log.steps.map(({ summary }) => summary);
    assert.equal(summaries.length, 251);
    assert.equal(summaries[199], '199');
    assert.equal(summaries[200], '99750 steps are left out here');
    assert.deepEqual([summaries[201], summaries.at(-1)], ['99950', '99999']);
  });

  it('leaves nothing out that fits', () => {
    const log = new EvidenceLog(none);
    for (let index = 0; index < 250; index++) log.add(index, 1, event(String(index)));
    assert.deepEqual(
      log.steps.map(({ summary }) => Number(summary)),
      Array.from({ length: 250 }, (_, index) => index),
    );
  });

  it('has no secret of the request that the server repeats, in no form', () => {
    const log = new EvidenceLog(Secrets.ofAuthorization('Bearer hidden-token'));
    const bytes = Buffer.from('\x81\x1dyou said Bearer hidden-token', 'latin1');
    log.add(0, 1, { ...event('Text "hidden-token"'), text: 'Bearer hidden-token', bytes });
    log.add(0, 1, { ...event('cut'), bytes: Buffer.from(`${'x'.repeat(58)}hidden-token`) });
    assert.doesNotMatch(JSON.stringify(log.steps), /hidden/);
    assert.ok(!JSON.stringify(log.steps).includes('68 69 64 64 65'));
    assert.equal(log.steps[0]!.hex, '(redacted)');
    assert.equal(log.blot('the server said hidden-token'), 'the server said (redacted)');
  });
});
