import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Har } from '../../lib/trace/har.js';
import { frameOf } from '../peer/frames.js';
import { Recording } from '../trace/recording.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a process of its own. */
function replay(args: readonly string[], stdin = ''): Promise<Run> {
  const command = new URL('../../lib/cli/replay.js', import.meta.url).href;
  const source = `import { replayCommand } from ${JSON.stringify(command)}; process.exitCode = await replayCommand.run(process.argv.slice(1));`;
  return new Promise((resolve) => {
    const all = ['--input-type=module', '--eval', source, '--', ...args];
    const child = execFile(process.execPath, all, { cwd: folder }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin!.end(stdin);
  });
}

function write(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return name;
}

const failure = new Recording()
  .accept()
  .receive(frameOf(0xc1, 'RSV1'))
  .expire()
  .do((session) => session.receiveEnd()).text;

describe('ohos-websocket replay', () => {
  it('prints the events and the verdict of a transcript of a failure, with status 0', async () => {
    const { status, stdout, stderr } = await replay([write('failure.jsonl', failure)]);
    assert.match(stdout, /^#1 \+0\.000 {3}connecting to ws:\/\/example\.test\/chat\n/);
    assert.match(stdout, /! frame-rsv \(RFC 6455 §5\.2\)/);
    assert.match(stdout, /> CLOSE 1002/);
    assert.match(stdout, /closed 1002/);
    assert.doesNotMatch(stdout, /\x1b/);
    assert.match(stderr, /^the same: \d+ events of 1 connection\n$/);
    assert.equal(status, 0);
  });

  it('prints the first difference, with status 1', async () => {
    const changed = failure.replace('"closeCode":1002', '"closeCode":1003');
    const { status, stderr } = await replay(['--quiet', write('changed.jsonl', changed)]);
    const line = failure.split('\n').findIndex((text) => text.includes('"closeCode"')) + 1;
    assert.equal(
      stderr,
      `different: line ${line} (connection 1), rule: closeCode is 1003 in the transcript, 1002 in the replay\n`,
    );
    assert.equal(status, 1);
  });

  it('prints only the verdict with --quiet', async () => {
    const { status, stdout, stderr } = await replay(['-q', write('quiet.jsonl', failure)]);
    assert.deepEqual([status, stdout], [0, '']);
    assert.match(stderr, /^the same/);
  });

  it('reads stdin for "-", and says that a transcript is cut off', async () => {
    const { status, stderr } = await replay(['-q', '-'], failure.slice(0, -10));
    assert.equal(status, 0);
    assert.match(stderr, /^the same: \d+ events of 1 connection; its last line is cut off\n$/);
  });

  it('converts to HAR', async () => {
    const name = write('har.jsonl', failure);
    const { stdout } = await replay(['--har', '-', name]);
    const printed = JSON.parse(stdout) as Har;
    assert.equal(printed.log.entries[0]!.request.url, 'ws://example.test/chat');
    await replay(['--quiet', '--har', 'out.har', name]);
    assert.deepEqual(JSON.parse(readFileSync(path.join(folder, 'out.har'), 'utf8')), printed);
  });

  it('writes a HAR file for its owner alone, and follows no symbolic link', {
    skip: process.platform === 'win32',
  }, async () => {
    const name = write('owner.jsonl', failure);
    const har = path.join(folder, write('owner.har', ''));
    chmodSync(har, 0o666);
    await replay(['--quiet', '--har', har, name]);
    assert.equal(statSync(har).mode & 0o777, 0o600);
    symlinkSync(har, path.join(folder, 'link.har'));
    const { status, stderr } = await replay(['--quiet', '--har', 'link.har', name]);
    assert.equal(status, 2);
    assert.match(stderr, /"link\.har": it is a symbolic link, and those are not followed\n$/);
  });

  it('lets no transcript drive the terminal', async () => {
    const evil = '\x1b[2J\x9b31m\u202e\u061c';
    const messages = new Recording()
      .accept()
      .do((session) => session.sendText(evil))
      .receive(frameOf(0x81, evil))
      .receive(frameOf(0x88, Buffer.concat([Buffer.from([0x0f, 0xa0]), Buffer.from(evil)])))
      .do((session) => session.receiveEnd()).text;
    const texts = [
      messages,
      new Recording().receive(`HTTP/1.1 403 \x9b31m\r\nX: \x9b31m\r\nContent-Length: 3\r\n\r\n\x1b[2`).text,
      messages.replace('"text":"', `"text":${JSON.stringify(evil).slice(0, -1)}`),
      messages.replace('"type":"open"', `${JSON.stringify(evil)}:1,"type":"open"`),
      messages.replace('"type":"open"', `"type":${JSON.stringify(evil)}`),
      messages.replace('"version":1', `"version":${JSON.stringify(evil)}`),
      `${evil}\n`,
    ];
    for (const text of texts) {
      for (const args of [['evil.jsonl'], ['--secrets', 'evil.jsonl'], ['--har', '-', 'evil.jsonl']]) {
        write('evil.jsonl', text);
        const { stdout, stderr } = await replay(args);
        assert.doesNotMatch((stdout + stderr).replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      }
    }
  });

  const wrong: [what: string, args: () => string[], message: RegExp][] = [
    ['no file', () => [], /expected one FILE, got 0/],
    ['two files', () => ['a', 'b'], /expected one FILE, got 2/],
    ['an unknown option', () => ['--fast', 'a'], /--fast/],
    ['a file that is not there', () => ['missing.jsonl'], /ENOENT.*missing\.jsonl/],
    ['no transcript', () => [write('text.jsonl', 'hello\n')], /line 1: expected a JSON object, got "hello"/],
  ];
  for (const [what, args, message] of wrong) {
    it(`ends with status 2 for ${what}`, async () => {
      const { status, stdout, stderr } = await replay(args());
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^ohos-websocket replay: [^\n]*\n(?:Try: ohos-websocket replay --help\n)?$/);
      assert.match(stderr, message);
    });
  }
});
