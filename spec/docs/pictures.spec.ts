import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../sources.js';
import { pictures } from './pictures.js';
import { linesOf } from './terminal-picture.js';

/** Times, keys and ports are others each time. */
const lasting = (lines: readonly string[]): string[] =>
  lines.map((line) =>
    line
      .replace(/(Sec-WebSocket-(?:Key|Accept): ).*/, '$1…')
      .replace(/\b[0-9a-f]{8}\b/g, '…')
      .replace(/\d+(\.\d+)?/g, '0')
      .replace(/ {2,}/g, ' '),
  );

describe('the pictures of README show what is printed today (make pictures)', () => {
  for (const [name, make] of Object.entries(pictures))
    it(name, { timeout: 60_000 }, async () => {
      const shown = linesOf(readFileSync(join(root, `lib/pictures/${name}.svg`), 'utf8'));
      assert.deepEqual(lasting(shown), lasting((await make()).lines));
    });
});
