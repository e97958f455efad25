import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { probes } from '../../../lib/audit/probes/all.js';
import { servers } from './servers.js';
import { places, readKept, tableIn, tableOf, withTable } from './table.js';

const skip = existsSync(places.readme) && existsSync(places.kept) ? false : 'is not in the package';

describe('the table of audited servers', { skip }, () => {
  const readme = skip ? '' : readFileSync(places.readme, 'utf8');
  const runs = skip ? [] : servers.map(({ id }) => readKept(id)).filter((run) => run !== undefined);

  it('is made of the verdicts that are kept, of 12 servers or more', () => {
    assert.ok(runs.length >= 12, `${runs.length}`);
    assert.equal(tableIn(readme), tableOf(runs));
    assert.equal(withTable(readme, tableOf(runs)), readme);
  });

  it('has a verdict for every probe', () => {
    const ids = probes.map(({ id }) => id);
    for (const { name, verdicts } of runs) assert.deepEqual([...verdicts.keys()].sort(), [...ids].sort(), name);
  });
});
