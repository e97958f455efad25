import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../sources.js';
import { readEntryPoints } from './declarations.js';
import { printReference } from './reference.js';

const entries = readEntryPoints();

describe('the reference', () => {
  it('is what the declarations say: make reference writes it', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal(readFileSync(join(root, 'lib/api/REFERENCE.md'), 'utf8'), printReference(entries, version));
  });

  it('finds a docstring on whatever is exported', () => {
    const bare = entries.flatMap(({ specifier, exported }) =>
      exported.filter(({ doc }) => doc === '').map(({ name }) => `${specifier} ${name}`),
    );
    assert.deepEqual(bare, []);
  });

  it('has every name that is exported when the program runs', async () => {
    for (const { specifier, exported } of entries) {
      if (specifier === 'ohos-websocket/register' || specifier === 'ohos-websocket/trace') continue; // importing these acts
      const names = new Set(exported.map(({ name }) => name));
      for (const name of Object.keys(await import(specifier))) {
        if (name === 'default' || names.has(name) || names.has(`webSocket.${name}`)) continue;
        assert.fail(`${specifier} exports ${name}, and the reference does not know it`);
      }
    }
  });
});
