import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openTraceFile } from '../../lib/trace/trace-file.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content?: string, mode?: number): string {
  const full = path.join(folder, name);
  if (content !== undefined) writeFileSync(full, content);
  if (mode !== undefined) chmodSync(full, mode);
  return full;
}

const posix = { skip: process.platform === 'win32' };

describe('the file of a trace', () => {
  it('is for its owner alone when it is new, whatever the umask', posix, () => {
    const before = process.umask(0);
    try {
      closeSync(openTraceFile(file('new')));
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(file('new')).mode & 0o777, 0o600);
  });

  it("that exists is emptied, and becomes its owner's alone", posix, () => {
    const existing = file('old', 'before', 0o666);
    const fd = openTraceFile(existing);
    assert.equal(statSync(existing).mode & 0o777, 0o600);
    writeSync(fd, 'x');
    closeSync(fd);
    assert.equal(readFileSync(existing, 'utf8'), 'x');
  });

  it('is not one that a symbolic link leads to', posix, () => {
    const target = file('target', 'untouched', 0o644);
    symlinkSync(target, file('link'));
    symlinkSync(file('nothing'), file('dangling'));
    for (const name of ['link', 'dangling']) {
      assert.throws(() => openTraceFile(file(name)), {
        name: 'TraceFileError',
        message: `cannot write the trace to ${JSON.stringify(file(name))}: it is a symbolic link, and those are not followed`,
      });
    }
    assert.equal(readFileSync(target, 'utf8'), 'untouched');
    assert.equal(statSync(target).mode & 0o777, 0o644);
  });

  it('is not a pipe, and nobody waits for a reader of one', posix, () => {
    execFileSync('mkfifo', [file('pipe')]);
    assert.throws(() => openTraceFile(file('pipe')), /"[^"]*pipe": it is not a regular file$/);
  });

  it('says what is in the way', () => {
    mkdirSync(file('folder'));
    file('no-folder', '');
    const cases: [name: string, problem: RegExp][] = [
      ['missing/trace.jsonl', /there is no folder "[^"]*missing"$/],
      ['folder', /it is a folder$/],
      [
        'no-folder/trace.jsonl',
        process.platform === 'win32' ? /there is no folder/ : /"[^"]*no-folder" is not a folder$/,
      ],
    ];
    for (const [name, message] of cases) assert.throws(() => openTraceFile(file(name)), message);
  });

  it('has a name that drives no terminal', () => {
    assert.throws(
      () => openTraceFile(file('\u001b[31m/\u202e.jsonl')),
      (error: Error) => !/[\p{Cc}\p{Cf}]/u.test(error.message),
    );
  });
});
