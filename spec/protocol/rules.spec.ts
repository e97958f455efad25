import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxReasonSize, maySendCloseCode } from '../../lib/protocol/closing/close-code.js';
import { rules, Violation } from '../../lib/protocol/rules.js';

describe('the table of rules', () => {
  for (const [id, rule] of Object.entries(rules)) {
    it(`${id} says what it demands, where that stands, and how a violation is answered`, () => {
      assert.equal(rule.id, id);
      assert.match(rule.section, /^RFC (6455|7692|9110|9112) §\d+(\.\d+)*$/);
      assert.match(rule.demand, /^[\x20-\x7e]+$/, 'the demand is the reason of the Close frame');
      assert.ok(rule.demand.length <= maxReasonSize || rule.closeCode === undefined);
      assert.ok(rule.closeCode === undefined || maySendCloseCode(rule.closeCode));
      assert.equal(rule.closeCode === undefined, /^(http|connect|handshake)-/.test(id));
    });
  }

  it('tells what exceeds a limit of ours from what is not legal', () => {
    const limits = Object.values(rules).filter(({ kind }) => kind === 'limit');
    assert.deepEqual(
      limits.map(({ id }) => id),
      ['http-head-size', 'http-field-count', 'message-size', 'message-fragments'],
    );
  });
});

describe('a violation', () => {
  it('carries the rule, what was expected, what came, and where', () => {
    const violation = new Violation('frame-rsv', 'RSV1 set', 42);
    assert.ok(violation instanceof Error);
    assert.equal(violation.name, 'Violation');
    assert.equal(violation.rule, rules['frame-rsv']);
    assert.equal(violation.expected, rules['frame-rsv'].demand);
    assert.equal(violation.got, 'RSV1 set');
    assert.equal(violation.offset, 42);
    assert.equal(violation.message, `expected that ${rules['frame-rsv'].demand} (RFC 6455 §5.2), got RSV1 set`);
  });

  it('may fill in the numbers of what was expected', () => {
    const violation = new Violation('message-size', '6 bytes', 0, 'a message has at most 5 bytes');
    assert.equal(violation.expected, 'a message has at most 5 bytes');
    assert.equal(violation.message, 'expected that a message has at most 5 bytes (RFC 6455 §10.4), got 6 bytes');
  });
});
