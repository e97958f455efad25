import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import type { ComparedReport } from '../../../lib/audit/reports/compared-report.js';
import { auditCommand } from '../../../lib/cli/audit/command.js';
import { startFaultyServer } from '../../audit/faulty-server.js';
import { startConnectProxy } from '../../peer/connect-proxy.js';

async function audit(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const outcome = { status: 0, stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    columns: 80,
    write: (text: string | Uint8Array): boolean => {
      outcome[name] += text as string;
      return true;
    },
  });
  outcome.status = await auditCommand.run(args, { stdout: stream('stdout'), stderr: stream('stderr') });
  return outcome;
}

const only = ['--no-proxy', '--only', 'ping-empty,frame-rsv1,close-echo'];
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-compare-'));
});
after(() => rm(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);

describe('audit --compare', () => {
  let good: Awaited<ReturnType<typeof startFaultyServer>>;
  let bad: typeof good;
  before(async () => {
    good = await startFaultyServer();
    bad = await startFaultyServer({ pong: (payload) => (payload.length === 0 ? undefined : payload) });
    await audit(good.url, ...only, '--verdicts', place('good.json'));
    const { stdout } = await audit(bad.url, ...only, '--timeout', '1', '--json');
    await writeFile(place('bad.json'), stdout);
  });
  after(() => Promise.all([good.close(), bad.close()]));

  it('is status 1 when a verdict got worse, which is printed', async () => {
    const { status, stdout } = await audit(bad.url, ...only, '--timeout', '1', '--compare', place('good.json'));
    assert.equal(status, 1);
    assert.match(
      stdout,
      /\nworse {6}ping-empty {2}pass → FAIL {2}nothing more within 1 s\n1 worse, 0 better, 2 the same\n$/,
    );
  });

  it('is status 0 when a rule is broken that was broken before, and when it is kept now', async () => {
    const same = await audit(bad.url, ...only, '--timeout', '1', '--compare', place('bad.json'));
    assert.equal(same.status, 0, same.stdout);
    assert.match(same.stdout, /\n0 worse, 0 better, 3 the same\n$/);
    const better = await audit(good.url, ...only, '--compare', place('bad.json'));
    assert.equal(better.status, 0);
    assert.match(better.stdout, /\nbetter {5}ping-empty {2}FAIL → pass /);
  });

  it('is in --json and in --html', async () => {
    const html = place('a.html');
    const { stdout } = await audit(good.url, ...only, '--compare', place('bad.json'), '--json', '--html', html);
    const { comparison, version } = JSON.parse(stdout) as ComparedReport;
    assert.deepEqual(
      comparison!.changes.map(({ id, trend }) => `${trend} ${id}`),
      ['better ping-empty'],
    );
    assert.equal(comparison!.before.version, version);
    assert.match(
      await readFile(html, 'utf8'),
      /<h2 id="compared">[^]*0 worse, 1 better, 2 the same[^]*<td>fail<\/td><td>pass<\/td>/,
    );
  });

  it('compares two files without asking anybody', async () => {
    const worse = await audit('--compare', place('good.json'), place('bad.json'));
    assert.equal(worse.status, 1, worse.stderr);
    assert.match(worse.stdout, /^Compared with .*good\.json: ws:[^]*worse {6}ping-empty {2}pass → FAIL/);
    assert.equal((await audit('--compare', place('bad.json'), place('good.json'), '--json')).status, 0);
  });

  it('takes the second file by any path, and a URL by its colon', async () => {
    const file = relative(process.cwd(), place('bad.json'));
    const worse = await audit('--compare', place('good.json'), file);
    assert.deepEqual([worse.status, worse.stderr], [1, '']);
    for (const url of ['127.0.0.1:9/a.json', 'ws://127.0.0.1:9/a.json'])
      assert.match((await audit('--compare', place('good.json'), '--recover', '0', url)).stderr, /no connection: /);
  });

  it('compares with a file in which less was asked', async () => {
    await audit(good.url, '--no-proxy', '--only', 'ping-empty', '--verdicts', place('less.json'));
    const { status, stdout } = await audit('--compare', place('good.json'), place('less.json'));
    assert.equal(status, 0);
    assert.match(stdout, /\n0 worse, 0 better, 1 the same, 2 not asked this time\n$/);
  });

  it('is wrong usage with a file that holds no report, or none', async () => {
    await writeFile(place('other.json'), '{"a":1}');
    for (const [file, why] of [
      ['other.json', /--compare must be a report of audit --json or --verdicts: it has neither/],
      ['absent.json', /: ENOENT/],
    ] as const) {
      const { status, stderr } = await audit(good.url, ...only, '--compare', place(file));
      assert.equal(status, 2);
      assert.match(stderr, why);
    }
  });
});

describe('audit --via', () => {
  it('finds nothing where a proxy only passes bytes on', async (t) => {
    const server = await startFaultyServer();
    const proxy = await startConnectProxy(t, 'user:hidden');
    const via = `http://user:hidden@127.0.0.1:${proxy.port}`;
    const { status, stdout, stderr } = await audit(server.url, ...only.slice(1), '--via', via);
    await server.close();
    assert.equal(status, 0, stdout + stderr);
    assert.ok(!stdout.includes('hidden'), stdout);
    assert.ok(proxy.tunnels.length >= 6);
    assert.match(stdout, /through http:\/\/127\.0\.0\.1:\d+/);
    assert.match(stdout, /\nThe way through http:[^]*a ping: [\d.]+ ms directly, [\d.]+ ms through it\n/);
    assert.match(stdout, /\n0 worse, 0 better, 3 the same\n$/);
  });

  it('is status 1 where a reverse proxy breaks a rule that the server keeps, and shows what it changes', async () => {
    // Between them stands what clears RSV1 on its way to the server, and adds a field on the way back.
    const server = await startFaultyServer();
    const port = Number(new URL(server.url).port);
    const box = net.createServer((socket) => {
      const onward = net.connect(port, '127.0.0.1');
      for (const side of [socket, onward]) side.on('error', () => [socket, onward].forEach((one) => one.destroy()));
      socket.on('data', (bytes: Buffer) => {
        if (bytes[0] === 0xc1) bytes[0] = 0x81;
        onward.write(bytes);
      });
      onward.on('data', (bytes: Buffer) =>
        socket.write(bytes.toString('latin1').replace('\r\n\r\n', '\r\nVia: 1.1 box\r\n\r\n'), 'latin1'),
      );
      socket.on('end', () => onward.end());
      onward.on('end', () => socket.end());
    });
    await new Promise<void>((resolve) => box.listen(0, '127.0.0.1', resolve));
    const via = `ws://127.0.0.1:${(box.address() as AddressInfo).port}/`;
    const { status, stdout } = await audit(server.url, ...only, '--via', via);
    box.close();
    await server.close();
    assert.equal(status, 1, stdout);
    assert.match(stdout, /it adds to the 101: via: 1\.1 box\n/);
    assert.match(stdout, /\nworse {6}frame-rsv1 {2}pass → FAIL /);
  });

  it('says when there is a connection directly and none through it', async () => {
    const server = await startFaultyServer();
    const { status, stderr } = await audit(
      server.url,
      ...only.slice(1),
      '--via',
      'http://127.0.0.1:9',
      '--recover',
      '0',
    );
    await server.close();
    assert.equal(status, 2);
    assert.match(
      stderr,
      /directly there is a connection, through http:\/\/127\.0\.0\.1:9 there is none: no connection: /,
    );
  });

  it('is wrong usage with --compare, with --client, and with what is no proxy', async () => {
    for (const args of [['--compare', place('good.json')], ['--client']]) {
      const { status, stderr } = await audit('--via', 'http://127.0.0.1:9', ...args);
      assert.deepEqual([status, /expected --via without --/.test(stderr)], [2, true], stderr);
    }
    const { status, stderr } = await audit('--via', 'nonsense://user:secret@host');
    assert.equal(status, 2);
    assert.match(stderr, /--via must be http:.*; or the ws:\/\/ URL of a reverse proxy/);
    assert.ok(!stderr.includes('secret'));
  });
});
