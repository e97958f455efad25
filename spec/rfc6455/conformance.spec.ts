import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { rules } from '../../lib/protocol/rules.js';
import { conformanceStatement } from './conformance.js';

describe('the conformance statement', () => {
  it('in CONFORMANCE.md is the current one; `make conformance` writes it', () => {
    const stored = readFileSync(new URL('../../../spec/rfc6455/CONFORMANCE.md', import.meta.url), 'utf8');
    assert.equal(stored, conformanceStatement());
  });

  it('has a row for every rule, with at least one vector', () => {
    const rows = conformanceStatement().split('\n');
    for (const id of Object.keys(rules)) {
      const row = rows.find((line) => line.startsWith(`| \`${id}\` |`));
      assert.match(row ?? `no row for ${id}`, /\| [^|]+ \|$/);
    }
  });
});
