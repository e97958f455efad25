import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { KnownFiles, maxKept } from '../../../lib/transport/tls/known-files.js';
import { stat } from '../../../lib/transport/tls/regular-file.js';

/** A clock that is far from the times of the files. */
const later = Date.now() + 3_600_000;

async function read(files: KnownFiles, path: string): Promise<string> {
  return files.read(path, await stat(path), later);
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'known-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe('a file that is known', () => {
  it('is not read again while nothing about it has changed', async (t) => {
    const path = join(folder(t), 'a.pem');
    writeFileSync(path, 'one');
    const files = new KnownFiles();
    assert.equal(await read(files, path), 'one');
    assert.equal(files.size, 3);
    assert.equal(await read(files, path), 'one');
    const before = await stat(path);
    writeFileSync(path, 'two');
    assert.equal(await files.read(path, before, later), 'one', 'it is not looked into');
  });

  it('is read again when its bytes, its time, its place or its rights changed', async (t) => {
    const place = folder(t);
    const path = join(place, 'a.pem');
    const files = new KnownFiles();
    writeFileSync(path, 'one');
    assert.equal(await read(files, path), 'one');
    writeFileSync(path, 'two');
    utimesSync(path, 1, 1);
    assert.equal(await read(files, path), 'two', 'of the same size, with an old time');
    writeFileSync(join(place, 'b.pem'), 'six');
    renameSync(join(place, 'b.pem'), path);
    assert.equal(await read(files, path), 'six');
    assert.equal(files.size, 3, 'nothing of before is kept');
    chmodSync(path, 0o644);
    assert.equal(await read(files, path), 'six');
    rmSync(path);
    await assert.rejects(read(files, path), { code: 'ENOENT' });
    mkdirSync(path);
    await assert.rejects(read(files, path), { code: 'EISDIR' });
  });

  it('is not kept when it changed just before it was read: it might again, within the same tick of its clock', async (t) => {
    const path = join(folder(t), 'a.pem');
    writeFileSync(path, 'one');
    const files = new KnownFiles();
    assert.equal(await files.read(path, await stat(path)), 'one');
    assert.equal(files.size, 0);
  });

  it('is dropped for others, so that only so much is kept, and is not kept when it is larger than that', async (t) => {
    const place = folder(t);
    const files = new KnownFiles();
    for (const name of ['a', 'b', 'c']) writeFileSync(join(place, name), name.repeat(maxKept / 2));
    for (const name of ['a', 'b', 'c']) await read(files, join(place, name));
    assert.equal(files.size, maxKept);
    writeFileSync(join(place, 'large'), 'x'.repeat(maxKept + 1));
    assert.equal((await read(files, join(place, 'large'))).length, maxKept + 1);
    assert.equal(files.size, maxKept);
    assert.equal((await read(files, join(place, 'a')))[0], 'a');
  });
});
