import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AuditReport } from '../../../lib/audit/probe.js';
import { probes } from '../../../lib/audit/probes/all.js';
import { auditCommand } from '../../../lib/cli/audit/command.js';
import { startEchoServer } from '../../../lib/echo/echo-server.js';
import { startFaultyServer } from '../../audit/faulty-server.js';
import { certificates } from '../../peer/certificates.js';

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

async function audit(...args: string[]): Promise<Outcome> {
  const outcome = { status: 0, stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr', isTTY = false) => ({
    isTTY,
    columns: 60,
    write: (text: string | Uint8Array): boolean => {
      outcome[name] += text as string;
      return true;
    },
  });
  const terminal = args[0] === 'terminal';
  outcome.status = await auditCommand.run(terminal ? args.slice(1) : args, {
    stdout: stream('stdout'),
    stderr: stream('stderr', terminal),
  });
  return outcome;
}

describe('ohos-websocket audit', { concurrency: 4 }, () => {
  it('audits the embedded echo server without a URL: every probe passes, status 0', async () => {
    const { status, stdout, stderr } = await audit('--timeout', '60', '--json');
    const { results } = JSON.parse(stdout) as AuditReport;
    assert.deepEqual(
      results.filter(({ verdict }) => verdict !== 'pass').map(({ id, got }) => `${id}: ${got}`),
      [],
    );
    assert.equal(results.length, probes.length);
    assert.equal(status, 0);
    assert.equal(stderr, '');
  });

  it('is status 1 when a MUST is broken, and 0 when only a SHOULD is', async () => {
    const server = await startFaultyServer({ close: () => Buffer.from([0x03, 0xe9]), pong: () => Buffer.from('no') });
    const must = await audit(server.url, '--no-proxy', '--only', 'ping-empty');
    const should = await audit(server.url, '--no-proxy', '--only', 'close-echo');
    await server.close();
    assert.equal(must.status, 1);
    assert.match(must.stdout, /^FAIL {2}ping-empty {2}MUST {4}a Pong frame with another payload of 2 bytes$/m);
    assert.equal(should.status, 0);
    assert.match(should.stdout, /\n1 probes: 0 passed, 0 failed, 1 warning, 0 not observable\n$/);
  });

  it('is status 2 when nothing or less than half of what was chosen could be asked', async () => {
    const late = await audit('--total', '0.001');
    assert.equal(late.status, 2);
    assert.match(late.stderr, /none of \d+ probes could be asked/);
    assert.match(late.stdout, /not observable\n$/);
    const server = await startFaultyServer({ echo: () => undefined });
    const one = await audit(server.url, '--no-proxy', '--only', 'frame-text-125,frame-text-126,ping-empty');
    const half = await audit(server.url, '--no-proxy', '--only', 'frame-text-125,ping-empty');
    await server.close();
    assert.equal(one.status, 2, one.stdout);
    assert.match(one.stderr, /only 1 of 3 probes could be asked/);
    assert.equal(half.status, 0, half.stdout);
  });

  it('is status 1 when the server stops answering, which is the first finding of every report', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-audit-'));
    const files = ['a.xml', 'a.html'].map((name) => join(folder, name));
    const server = await startFaultyServer({ diesOf: ({ rsv }) => rsv === 1, isBackAfter: Infinity });
    const args = ['--no-proxy', '--only', 'frame-rsv1,frame-rsv3', '--concurrency', '1', '--recover', '0'];
    const { status, stdout } = await audit(server.url, ...args, '--junit', files[0]!, '--html', files[1]!);
    await server.close();
    const [xml, html] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    await rm(folder, { recursive: true });
    assert.equal(status, 1);
    const death = 'the server stopped answering: it died of frame-rsv3, and did not come back';
    assert.equal(stdout.split('\n')[2], `FAIL ${death}`);
    assert.ok(xml!.includes(`<error message="${death}" type="death"/>`));
    assert.ok(html!.indexOf(death) > 0 && html!.indexOf(death) < html!.indexOf('id="finding-frame-rsv3"'));
  });

  it('writes JUnit and HTML as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-audit-'));
    const [junit, html] = [join(folder, 'a.xml'), join(folder, 'a.html')];
    const { status } = await audit('--only', 'ping', '--skip', 'ping-storm', '--junit', junit, '--html', html);
    assert.equal(status, 0);
    assert.match(await readFile(junit, 'utf8'), /<testsuites name="ohos-websocket audit ws:.*tests="9" failures="0"/);
    assert.match(await readFile(html, 'utf8'), /^<!doctype html>/);
    await rm(folder, { recursive: true });
  });

  it('lists the probes without asking them', async () => {
    const { status, stdout } = await audit('--list', '--only', 'ping', '--only', 'close-tcp');
    assert.equal(status, 0);
    assert.equal(stdout.trimEnd().split('\n').length, 11);
    assert.match(stdout, /^close-tcp +MUST +closes TCP first, and at once \(RFC 6455 §5\.5\.1, §7\.1\.1\)$/m);
  });

  it('goes through TLS, with the CA that is given', async () => {
    const certs = await certificates();
    const server = await startEchoServer({ tls: certs.server.pem() });
    const trusted = await audit(server.url, '--no-proxy', '--ca', certs.root, '--only', 'ping,close-tcp');
    const stranger = await audit(server.url, '--no-proxy', '--only', 'ping-empty');
    const insecure = await audit(server.url, '--no-proxy', '--insecure', '--only', 'ping-empty');
    await server.close();
    assert.equal(trusted.status, 0, trusted.stdout + trusted.stderr);
    assert.equal(stranger.status, 2);
    assert.match(stranger.stderr, /^ohos-websocket audit: no connection: /);
    assert.equal(insecure.status, 0);
  });

  it('goes through a proxy, with every connection of every probe', async () => {
    const server = await startEchoServer();
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket: Socket, head: Buffer) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const onward = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      for (const side of [socket, onward]) side.on('error', () => [socket, onward].forEach((one) => one.destroy()));
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { port } = proxy.address() as AddressInfo;
    // A name that only the proxy knows.
    const url = 'ws://behind.test:81/';
    const args = ['--proxy', `http://user:p%20w@127.0.0.1:${port}`, '--only', 'ping-empty,close-tcp,frame-rsv1'];
    const { status, stdout, stderr } = await audit(url, ...args, '--timeout', '60');
    proxy.close();
    await server.close();
    assert.equal(status, 0, stdout + stderr);
    const expected = `behind.test:81 Basic ${Buffer.from('user:p w').toString('base64')}`;
    assert.ok(asked.length >= 6 && asked.every((one) => one === expected), asked.join('\n'));
  });

  it('sends fields, origin and subprotocols', async () => {
    const seen: string[] = [];
    const server = await startFaultyServer({
      status: (request, status) => {
        seen.push(
          ['x-a', 'origin', 'sec-websocket-protocol'].map((name) => request.values(name).join(' & ')).join(' | '),
        );
        return status;
      },
    });
    const args = ['-H', 'X-A: 1', '-H', 'X-A: b:c', '--origin', 'https://o.test', '--protocol', 'chat'];
    await audit(server.url, '--no-proxy', ...args, '--only', 'ping-empty');
    await server.close();
    assert.deepEqual(new Set(seen), new Set(['1 & b:c | https://o.test | chat']));
  });

  it('keeps credentials of the URL out of the report', async () => {
    const server = await startFaultyServer();
    const { status, stdout } = await audit(
      server.url.replace('//', '//user:hidden@'),
      '--no-proxy',
      '--only',
      'ping-empty',
      '--json',
    );
    await server.close();
    assert.equal(status, 0);
    assert.ok(!stdout.includes('hidden') && !stdout.includes(Buffer.from('user:hidden').toString('base64')));
  });

  it('shows nothing of a server that could drive a terminal or a page, in any report', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-audit-'));
    const evil = 'a\x1b]0;title\x07\x9b2J\u202e\u061c\u200bb';
    const server = await startFaultyServer({
      fields: (fields) => [...fields, `Server: x\x9b31m${'y'.repeat(5000)}`],
      sends: (sent) => (sent.opcode === 8 ? { ...sent, payload: Buffer.from(`\x03\xeb${evil}`) } : sent),
      pong: () => Buffer.from(evil),
    });
    const files = ['a.xml', 'a.html'].map((name) => join(folder, name));
    const only = ['--no-proxy', '--only', 'ping-empty,close-code-1001,frame-rsv1', '--timeout', '1'];
    const outputs: string[] = [];
    for (const more of [[], ['--json'], ['--junit', files[0]!, '--html', files[1]!]]) {
      const { stdout, stderr } = await audit('terminal', server.url, ...only, ...more);
      outputs.push(stdout, stderr.replaceAll('\r\x1b[K', ''));
    }
    for (const file of files) outputs.push(await readFile(file, 'utf8'));
    await server.close();
    await rm(folder, { recursive: true });
    assert.match(outputs[0]!, /\\u001b/);
    for (const output of outputs) {
      assert.doesNotMatch(output, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
      assert.doesNotMatch(output, /y{300}/);
    }
  });

  it('has no secret of the URL or the fields in any output, whoever repeats it', async () => {
    const server = await startFaultyServer({
      sends: (sent) =>
        sent.opcode === 8 ? { ...sent, payload: Buffer.from('\x03\xebno: tok-hidden-1, hidden-2') } : sent,
      pong: () => Buffer.from('hidden-2'),
    });
    const url = `${server.url}chat?access_token=tok-hidden-1`;
    const args = ['--no-proxy', '-H', 'X-Api-Key: hidden-2', '--only', 'ping-empty,close-code-1001', '--timeout', '1'];
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await audit(url, ...args, ...more);
      assert.doesNotMatch(stdout + stderr, /hidden|68 69 64 64 65 6e/);
      assert.match(stdout, /access_token=\*+/);
    }
    await server.close();
  });

  const mistakes: [title: string, args: string[], message: RegExp][] = [
    ['an unknown option', ['--nonsense'], /nonsense/],
    ['a probe that does not exist', ['--only', 'pings'], /no probe is called "pings"/],
    ['two URLs', ['ws://a', 'ws://b'], /expected one URL, got 2/],
    ['a URL of another scheme', ['http://a'], /ws:\/\//],
    ['a time that is none', ['--timeout', 'soon'], /--timeout must be a number between .*, got "soon"/],
    ['selecting nothing', ['--only', 'ping', '--skip', 'ping'], /no probe is left/],
    ['a field without a colon', ['ws://a', '-H', 'nonsense'], /--header must be/],
  ];
  for (const [title, args, message] of mistakes) {
    it(`is status 2 for ${title}`, async () => {
      const { status, stdout, stderr } = await audit(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    });
  }

  it('shows a progress bar on a terminal, no wider than it, and removes it', async () => {
    const { stderr } = await audit('terminal', '--only', 'ping');
    const lines = stderr.split('\r\x1b[K');
    assert.match(lines.at(-2)!, /^█{30} 10\/10 ping-/);
    assert.equal(lines.at(-1), '');
    assert.ok(lines.every((line) => line.length < 60));
  });

  it('prints its help', async () => {
    const { status, stdout } = await audit('--help');
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: ohos-websocket audit/);
  });
});
