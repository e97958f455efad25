import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { benchCommand } from '../../../lib/cli/bench/command.js';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { closeFrame } from '../../peer/link.js';
import { command, start } from '../command.js';
import { startAnsweringPeer } from './answering-peer.js';

const quick = ['--duration', '0.3', '--warm-up', '0.1', '--no-proxy'];

describe('bench as a load generator', { timeout: 60_000 }, () => {
  let echo: EchoServer;
  let folder: string;
  before(async () => {
    echo = await startEchoServer();
    folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-load-'));
  });
  after(async () => {
    await echo.close();
    rmSync(folder, { recursive: true });
  });

  it('prints a report, and writes a page', async () => {
    const html = join(folder, 'load.html');
    const { status, stdout, stderr } = await command([
      ...['bench', echo.url, ...quick, '--connections', '5', '--rate', '200', '--size', '16,1k:3'],
      ...['--html', html],
    ]);
    assert.equal(stderr, '');
    assert.match(stdout, /^ws:.*\n5 connections\nopen model: 200 messages\/s/);
    assert.match(stdout, /^latency +from when each message was due/m);
    assert.match(stdout, /^errors +none$/m);
    assert.equal(status, 0);
    assert.match(readFileSync(html, 'utf8'), /<figcaption>Latency distribution/);
  });

  it('shares the work between processes', async () => {
    const { status, stdout } = await command([
      ...[
        'bench',
        echo.url.replace('ws://', 'ws://me:SECRET@'),
        ...quick,
        '--connections',
        '5',
        '--processes',
        '2',
        '--json',
      ],
    ]);
    const report = JSON.parse(stdout);
    assert.deepEqual([report.mode, report.model, report.url, status], ['load', 'closed', echo.url, 0]);
    assert.deepEqual([report.connections.opened, report.plan.processes, report.errors], [5, 2, []]);
    assert.equal(report.latency.count, report.due);
    assert.doesNotMatch(stdout, /SECRET/);
  });

  it('sends the messages of a file, and expects answers', async () => {
    const file = join(folder, 'messages.txt');
    writeFileSync(file, '"get\\n1"\n"get\\n2"\n');
    const seen = new Set<string>();
    const peer = await startAnsweringPeer({
      answer: (message) => {
        seen.add(message);
        return message.endsWith('1') ? 'ok' : 'error';
      },
    });
    const options = ['--messages', file, '--expect', '^ok$', '--json'];
    const { status, stdout } = await command(['bench', peer.url, ...quick, ...options]);
    await peer.close();
    assert.deepEqual([...seen].sort(), ['get\n1', 'get\n2']);
    const { errors, received } = JSON.parse(stdout);
    assert.deepEqual([errors.length, errors[0].kind, status], [1, 'mismatch', 1]);
    assert.ok(received > 0);
  });

  it('prints nothing of a server that drives a terminal, also with --json', async (t) => {
    const peer = await startAnsweringPeer({ opened: (link) => link.end(closeFrame(1011, '\x1b[2J\u009b31m\u202e')) });
    t.after(() => peer.close());
    for (const more of [[], ['--json']]) {
      const { stdout, status } = await command(['bench', peer.url, ...quick, '--connections', '1', ...more]);
      assert.equal(status, 1);
      assert.match(stdout, /\\u001b\[2J\\u009b31m\\u202e/);
      assert.doesNotMatch(stdout, /[\x1b\x9b\u202e]/);
    }
  });

  it('draws a line on a terminal while it runs, and wipes it away', async () => {
    const written = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof written) => ({
      isTTY: name === 'stderr',
      columns: 60,
      write: (text: string | Uint8Array): boolean => {
        written[name] += String(text);
        return true;
      },
    });
    const streams = { stdout: stream('stdout'), stderr: stream('stderr') };
    const args = [echo.url, '--duration', '1', '--warm-up', '0', '--connections', '3', '--rate', '50', '--no-proxy'];
    assert.equal(await benchCommand.run(args, streams), 0, written.stdout);
    const lines = written.stderr.split('\r\x1b[K');
    assert.ok(
      lines.some((line) => /^measured \d\.\d s {2}3\/3 open {2}\d+(\.\d)? messages\/s/.test(line)),
      written.stderr,
    );
    assert.ok(lines.every((line) => line.length < 60));
    assert.equal(lines.at(-1), '');
    assert.doesNotMatch(written.stdout, /\x1b/);
  });

  it('compares two servers in rounds', async () => {
    const options = ['--compare', `${echo.url}other`, '--rounds', '5', '--duration', '2', '--warm-up', '0'];
    const html = join(folder, 'two.html');
    const { status, stdout } = await command(['bench', echo.url, ...options, '--connections', '2', '--html', html]);
    assert.match(stdout, /^messages\/s +[\d. ]+ +[\d. ]+ +\d\.\d+ +\(.*\) +(faster|slower|no difference) \(p/m);
    assert.match(stdout, /^The last round of B:$/m);
    assert.match(readFileSync(html, 'utf8'), /<h2 id="comparison">/);
    assert.equal(status, 0);
  });

  it('reports what was done when it is interrupted, with status 130', async () => {
    for (const processes of ['1', '2']) {
      let count = 0;
      let enough!: () => void;
      const busy = new Promise<void>((resolve) => (enough = resolve));
      const peer = await startAnsweringPeer({
        answer: (message) => {
          if (++count === 50) enough();
          return message;
        },
      });
      const options = ['--duration', '60', '--warm-up', '0', '--connections', '2', '--processes', processes];
      const running = start(['bench', peer.url, ...options]);
      await busy;
      running.child.kill('SIGINT');
      const { status, stdout } = await running.end();
      await peer.close();
      assert.match(stdout, /^stopped +after [\d.]+ of 60 s$/m);
      assert.match(stdout, /^latency /m);
      assert.equal(status, 130);
    }
  });

  it('ends with 1 when nothing could be measured, and with 2 for wrong usage', async () => {
    const peer = await startAnsweringPeer({});
    await peer.close();
    const gone = await command(['bench', peer.url, ...quick, '--connections', '3']);
    assert.match(gone.stdout, /^ +3 {2}refused {2}first: could not connect/m);
    assert.equal(gone.status, 1);
    const wrong: [string[], RegExp][] = [
      [['--connections', '0'], /--connections must be an integer/],
      [['--connectoins', '5'], /did you mean --connections\?/],
      [['--clients', '5'], /did you mean --connections\?/],
      [['--size', '1,x'], /--size must be/],
      [['--rate', '5', '--compare', 'http://h/'], /ws:/],
      [['--connections', '900000'], /open files|ulimit/],
    ];
    for (const [args, expected] of wrong) {
      const { status, stderr } = await command(['bench', echo.url, ...args]);
      assert.match(stderr, expected);
      assert.equal(status, 2, args.join(' '));
    }
    const unwritable = await command(['bench', echo.url, ...quick, '--html', join(folder, 'none/x.html')]);
    assert.match(unwritable.stderr, /cannot write --html: ENOENT/);
    assert.equal(unwritable.status, 1);
  });
});
