import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { packageVersion } from '../../lib/trace/package-version.js';

describe('the version', () => {
  it('is that of package.json', () => {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    assert.equal(packageVersion(), (JSON.parse(text) as { version: string }).version);
  });
});
