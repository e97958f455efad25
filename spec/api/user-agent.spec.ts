import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { userAgent } from '../../lib/api/user-agent.js';

it('the name that the client gives itself has the major and minor version of package.json', () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  assert.equal(userAgent, `${name}/${version.split('.').slice(0, 2).join('.')}`);
});
