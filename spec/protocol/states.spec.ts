import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { printTransitions, type State, stateAfter, transitions } from '../../lib/protocol/states.js';
import { root } from '../packed/package.js';

describe('the states of a session', () => {
  it('are all reached from the first, and all lead to the last', () => {
    const reached = new Set<State>(['connecting']);
    for (const state of reached) for (const next of Object.values(transitions[state])) reached.add(next);
    assert.deepEqual([...reached].sort(), Object.keys(transitions).sort());
    const last = Object.entries(transitions).filter(([, row]) => Object.keys(row).length === 0);
    assert.deepEqual(
      last.map(([state]) => state),
      ['over'],
    );
  });

  it('allow what the table has, and refuse everything else by name', () => {
    assert.equal(stateAfter('open', 'Close sent'), 'closing');
    assert.throws(() => stateAfter('over', 'Close sent'), /a session that is over cannot take .*"Close sent"/);
  });

  it('are in the map of lib as they are printed from the table', () => {
    const printed = /```text\n([^]*?)\n```/.exec(readFileSync(join(root, 'lib/README.md'), 'utf8'))?.[1];
    assert.equal(printed, printTransitions());
  });
});
