import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { root } from '../sources.js';

it('make help has every target, once, in at most 80 columns', () => {
  const help = execFileSync('bash', ['.ci/help'], { cwd: root, encoding: 'utf8' });
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
  const targets = [...makefile.matchAll(/^\.PHONY: (\S+)$/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
  const told = [...help.matchAll(/^ {2}make (\S+) +\S/gm)].map(([, name]) => name!);
  assert.deepEqual(told.sort(), targets.sort());
  for (const line of help.split('\n')) assert.ok(line.length <= 80, line);
});
