import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { defaultHeadLimits } from '../../../lib/protocol/http/limits.js';

it('the limits of a head are those that the page of the transport documents', () => {
  const readme = readFileSync(new URL('../../../../lib/transport/README.md', import.meta.url), 'utf8');
  const { maxHeadSize, maxHeadFields } = defaultHeadLimits;
  assert.ok(readme.includes(`| ${maxHeadSize / 1024} KiB, ${maxHeadFields} fields |`));
});
