import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { frame } from '../../peer/frames.js';
import { command, start } from '../command.js';
import { startOpeningPeer } from '../peer.js';

const quick = ['--seconds', '0.05'];

interface Report {
  readonly url: string;
  readonly echoes: boolean;
  readonly jobs: readonly {
    readonly job: string;
    readonly count: number;
    readonly bytes: number;
    readonly perSecond: number;
    readonly note?: string;
    readonly latency?: Record<string, number> & { readonly histogram: readonly { readonly count: number }[] };
  }[];
}

describe('bench', { timeout: 60_000 }, () => {
  let echo: EchoServer;
  before(async () => {
    echo = await startEchoServer();
  });
  after(() => echo.close());

  it('measures every job, and prints rates, percentiles and a histogram', async () => {
    const { status, stdout, stderr } = await command(['bench', echo.url, '--seconds', '0.3']);
    for (const job of ['connect', 'ping', 'echo', 'send', 'receive']) {
      assert.match(stdout, new RegExp(`^${job} +[\\d. ]+ (connections|pings|messages)/s`, 'm'));
    }
    assert.match(stdout, /min .* p50 .* p99 .* max .* ms/);
    assert.match(stdout, /≤ +[\d.]+ ms +[\d.]+ % █/);
    assert.doesNotMatch(stdout, /\x1b/);
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('prints one JSON object whose histogram holds every latency, and no credentials', async () => {
    const url = echo.url.replace('ws://', 'ws://me:SECRET@');
    const options = ['--json', '--size', '1000', '--binary', '--in-flight', '3', '--jobs', 'echo,send'];
    const { status, stdout } = await command(['bench', url, ...quick, ...options]);
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.url, echo.url);
    assert.equal(report.echoes, true);
    assert.deepEqual(
      report.jobs.map(({ job }) => job),
      ['echo', 'send'],
    );
    const { count, bytes, perSecond, latency } = report.jobs[0]!;
    assert.ok(count > 0 && perSecond > 0);
    assert.equal(bytes, count * 1000);
    assert.equal(
      latency!.histogram.reduce((sum, bar) => sum + bar.count, 0),
      count,
    );
    assert.ok(latency!['min']! <= latency!['p50']! && latency!['p50']! <= latency!['max']!);
    assert.doesNotMatch(stdout, /SECRET/);
    assert.equal(status, 0);
  });

  it('takes messages of no bytes at all', async () => {
    const { status } = await command(['bench', echo.url, ...quick, '--size', '0', '--jobs', 'echo,send']);
    assert.equal(status, 0);
  });

  it('says that a server does not echo, and measures the rest', async () => {
    // It answers nothing but the Close frame, and sends something of its own.
    const peer = await startOpeningPeer((socket) => socket.write(frame(0x1, 'welcome')));
    const { status, stdout } = await command(['bench', peer.url, ...quick, '--jobs', 'connect,echo,receive']);
    await peer.close();
    assert.match(stdout, /^connect +[\d. ]+ connections\/s/m);
    assert.match(stdout, /^echo +the server does not echo$/m);
    assert.match(stdout, /^receive +the server does not echo$/m);
    assert.equal(status, 1);
  });

  it('says that a ping is not answered', async () => {
    const peer = await startOpeningPeer(() => {});
    const { status, stdout } = await command(['bench', peer.url, ...quick, '--jobs', 'ping']);
    await peer.close();
    assert.match(stdout, /^ping +a ping was not answered$/m);
    assert.equal(status, 1);
  });

  it('ends with 1 without a connection, and with 2 for wrong usage', async () => {
    const peer = await startOpeningPeer(() => {});
    await peer.close();
    const gone = await command(['bench', peer.url]);
    assert.match(gone.stderr, /connection refused/);
    assert.equal(gone.status, 1);
    const wrong: [string[], RegExp][] = [
      [[], /expected a URL/],
      [['--jobs', 'echo,fly'], /--jobs must be of connect, .* got "fly"/],
      [['--seconds', '61'], /--seconds must be a number between 0.01 and 60/],
      [['--size=-1'], /--size must be an integer between 0 and/],
      [['--jobs', 'echo', '--rate', '5'], /--jobs does not go together/],
      [['--seconds', '1', '--rate', '5'], /--seconds is of a job: a load has --duration/],
      [['--in-flight', '0'], /--in-flight must be an integer/],
    ];
    for (const [args, expected] of wrong) {
      const { status, stderr } = await command(['bench', ...(args.length === 0 ? [] : [echo.url]), ...args]);
      assert.match(stderr, expected);
      assert.equal(status, 2);
    }
  });

  it('prints what it has when it is interrupted, with status 130', async () => {
    const running = start(['bench', echo.url, '--jobs', 'connect,ping', '--seconds', '0.5']);
    await running.shows(/^connect/m);
    running.child.kill('SIGINT');
    const { status, stdout } = await running.end();
    assert.match(stdout, /^connect +[\d. ]+ connections\/s/m);
    assert.equal(status, 130);
  });
});
