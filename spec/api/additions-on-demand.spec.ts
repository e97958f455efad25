import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import bundled from '../../lib/api/additions-bundled.js';
import onDemand from '../../lib/api/additions-on-demand.js';

describe('the additions', () => {
  it('are the same on demand and in a bundle', () => {
    const [here, there] = [Object.entries(onDemand), new Map(Object.entries(bundled))];
    assert.equal(here.length, there.size);
    for (const [name, load] of here) assert.deepEqual({ ...load() }, { ...there.get(name)!() }, name);
  });
});
