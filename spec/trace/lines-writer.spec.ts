import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LinesWriter } from '../../lib/trace/lines-writer.js';
import { events } from './recording.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

describe('a file of lines', () => {
  it('has every line when write returns, for its owner alone, without secrets', () => {
    const file = path.join(folder, 'all.txt');
    const writer = new LinesWriter(file);
    for (const event of events(1)) {
      writer.write(event);
      assert.match(readFileSync(file, 'utf8'), /\n$/);
    }
    writer.close();
    const text = readFileSync(file, 'utf8');
    assert.match(text, /^#1 \+0\.000 {3}connecting/);
    assert.doesNotMatch(text, /swordfish|\x1b/);
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('says that it was cut at its largest size', () => {
    const file = path.join(folder, 'cut.txt');
    const writer = new LinesWriter(file, { maxSize: 100 });
    for (const event of events(1)) writer.write(event);
    writer.close();
    assert.match(readFileSync(file, 'utf8'), /^#1 .*\ncut at its largest size, 100 bytes\n$/);
  });
});
