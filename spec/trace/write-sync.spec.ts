import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { writeAllSync } from '../../lib/trace/write-sync.js';
import { evaluating } from '../peer/evaluating.js';

describe('writing that is done when it returns', () => {
  it('goes on where the last write ended, or starts where it is told', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
    const file = path.join(folder, 'file');
    const fd = openSync(file, 'w');
    writeAllSync(fd, 'grüße ');
    writeAllSync(fd, Buffer.from('bytes'));
    writeAllSync(fd, 'Z', 1);
    closeSync(fd);
    assert.equal(readFileSync(file, 'utf8'), 'gZüße bytes');
    rmSync(folder, { recursive: true });
  });

  it('waits for the reader of a full pipe', { skip: process.platform === 'win32' }, async () => {
    const module = new URL('../../lib/trace/write-sync.js', import.meta.url).href;
    // A pipe that Node has made non-blocking holds 64 KiB; the parent reads when the child has begun to wait.
    const source = `import { writeAllSync } from ${JSON.stringify(module)};
      process.stdout; writeAllSync(2, 'x'); writeAllSync(1, 'a'.repeat(1e6) + 'end');`;
    const child = spawn(process.execPath, evaluating(source));
    child.stderr.once('data', () => child.stdout.resume());
    const written = await text(child.stdout);
    assert.equal(written.length, 1e6 + 3);
    assert.ok(written.endsWith('end'));
  });
});
