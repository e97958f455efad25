import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startEchoServer } from '../../../lib/echo/echo-server.js';
import { openTrace } from '../../../lib/trace/start-trace.js';
import { readTranscript } from '../../../lib/trace/transcript-reader.js';
import { certificates } from '../../peer/certificates.js';
import { startPeer } from '../../peer/scripted.js';
import { command, type Running, start } from '../command.js';

/** A relay in a process of its own, in front of an echo server. */
async function startRelayed(t: TestContext, ...args: string[]): Promise<{ relay: Running; url: string }> {
  const echo = await startEchoServer({ perMessageDeflate: true });
  t.after(() => echo.close());
  const relay = start(['relay', ...args, echo.url]);
  t.after(() => void relay.child.kill('SIGKILL'));
  await relay.shows(/^wss?:\/\/\S+\n/);
  return { relay, url: relay.stdout.split('\n')[0]! };
}

async function stop(relay: Running): Promise<void> {
  relay.child.kill('SIGTERM');
  assert.equal((await relay.end()).status, 0);
}

describe('ohos-websocket relay', () => {
  it('prints where it listens, then what both sides do', async (t) => {
    const { relay, url } = await startRelayed(t);
    const client = await command([
      'connect',
      `${url}?token=hunter2hunter2`,
      '-x',
      'hello',
      '--count',
      '1',
      '--compress',
    ]);
    assert.deepEqual([client.status, client.stdout], [0, 'hello\n']);
    await relay.shows(/closed 1000/);
    await stop(relay);
    assert.match(
      relay.stdout,
      /^ws:\/\/127\.0\.0\.1:\d+\/\n#1 \+0\.000 {3}connecting to ws:\/\/127\.0\.0\.1:\d+\/\?token=\*+\n/,
    );
    assert.match(relay.stdout, /\n#1 \S+ > TEXT "hello" \[5 bytes\]\n/);
    assert.match(relay.stdout, /\n#1 \S+ < TEXT "hello" \[5 bytes\]\n/);
    assert.match(relay.stdout, /\n#1 \S+ > CLOSE 1000 /);
    assert.doesNotMatch(relay.stdout, /hunter2| ! /);
    assert.equal(relay.stderr, '');
  });

  it('records a transcript and HAR, printing nothing when asked to be quiet', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-relay-'));
    t.after(() => rm(folder, { recursive: true }));
    const [jsonl, har] = [join(folder, 'a.jsonl'), join(folder, 'a.har')];
    const { relay, url } = await startRelayed(
      t,
      '--quiet',
      '--transcript',
      jsonl,
      '--transcript',
      har,
      '--listen',
      '127.0.0.1:0',
    );
    await command(['connect', url, '-x', 'hello', '--count', '1']);
    while (!readFileSync(jsonl, 'utf8').includes('"type":"close"')) await new Promise((wait) => setTimeout(wait, 5));
    await stop(relay);
    assert.equal(relay.stdout, `${url}\n`);
    const types = readTranscript(jsonl).entries.map(({ event }) => event.type);
    for (const type of ['connecting', 'request', 'response', 'open', 'bytes', 'frame', 'message', 'close'] as const)
      assert.ok(types.includes(type), type);
    const shown = await command(['replay', jsonl]);
    assert.match(shown.stdout, / > TEXT "hello" \[5 bytes\]\n/);
    assert.match(shown.stderr, /^shown as recorded: a relay has no session to compare with; /);
    assert.equal(shown.status, 0);
    const { log } = JSON.parse(readFileSync(har, 'utf8')) as {
      log: { entries: { _webSocketMessages: { type: string; data: string }[] }[] };
    };
    assert.deepEqual(
      log.entries[0]!._webSocketMessages.map(({ type, data }) => [type, data]),
      [
        ['send', 'hello'],
        ['receive', 'hello'],
      ],
    );
  });

  it('writes down how connections end that it ends itself', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-relay-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'a.jsonl');
    const { relay, url } = await startRelayed(t, '--transcript', file);
    const client = start(['connect', url]);
    t.after(() => void client.child.kill('SIGKILL'));
    await relay.shows(/ open\n/);
    await stop(relay);
    assert.equal(relay.stderr, '');
    assert.match(relay.stdout, /! the relay was stopped\n/);
    assert.equal(readTranscript(file).entries.at(-1)!.event.type, 'close');
  });

  it('does harm on request, with a seed that is printed', async (t) => {
    const { relay, url } = await startRelayed(
      t,
      '--corrupt',
      '--seed',
      '5',
      '--direction',
      'to-client',
      '--delay',
      '1ms',
    );
    const client = await command(['connect', url, '-x', 'hello hello', '--count', '1']);
    assert.notEqual(client.stdout, 'hello hello\n');
    await stop(relay);
    assert.equal(relay.stderr, 'seed 5\n');
    assert.match(relay.stdout, /relay: a byte was changed, from the server/);
  });

  it('listens with TLS, and takes the options of connect towards the server', async (t) => {
    const { server, root } = await certificates();
    const { relay, url } = await startRelayed(
      t,
      '--cert',
      server.certPath,
      '--key',
      server.keyPath,
      '-H',
      'X-A: b',
      '--no-proxy',
    );
    assert.match(url, /^wss:/);
    const client = await command(['connect', url, '--ca', root, '-x', 'secure', '--count', '1']);
    assert.deepEqual([client.status, client.stdout], [0, 'secure\n']);
    await stop(relay);
  });

  it('blots out what it adds to a request, wherever the server repeats it', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-relay-'));
    t.after(() => rm(folder, { recursive: true }));
    const server = await startPeer(t, async (link) => {
      const { startLine, lines } = await link.request();
      const said = [startLine, ...lines].join(' ');
      link.end(`HTTP/1.1 403 Forbidden\r\nX-Said: ${said}\r\nContent-Length: ${said.length}\r\n\r\n${said}`);
    });
    const files = ['a.jsonl', 'a.har', 'a.txt'].map((name) => join(folder, name));
    const relay = start([
      'relay',
      ...files.flatMap((file) => ['--transcript', file]),
      '-H',
      'Authorization: Bearer 0123456789secret',
      `${server.url}?token=hunter2hunter2`,
    ]);
    t.after(() => void relay.child.kill('SIGKILL'));
    await relay.shows(/^wss?:\/\/\S+\n/);
    await command(['connect', relay.stdout.split('\n')[0]!]);
    await relay.shows(/not connected/);
    await stop(relay);
    for (const text of [relay.stdout, ...files.map((file) => readFileSync(file, 'utf8'))]) {
      assert.match(text, /403/);
      assert.doesNotMatch(text, /0123456789secret|hunter2/);
    }
  });

  it("plays the server's part of a transcript, and the client's", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-relay-'));
    t.after(() => rm(folder, { recursive: true }));
    const echo = await startEchoServer();
    t.after(() => echo.close());
    const file = join(folder, 'a.jsonl');
    await command(['connect', echo.url, '-x', 'hello', '--count', '1', '--transcript', file]);
    const server = start(['relay', '--replay-server', file, '--at-once']);
    t.after(() => void server.child.kill('SIGKILL'));
    await server.shows(/^ws:\/\/\S+\n/);
    const client = await command(['connect', server.stdout.split('\n')[0]!, '-x', 'other', '--count', '1']);
    assert.deepEqual([client.status, client.stdout], [0, 'hello\n']);
    await stop(server);

    const played = await command(['relay', '--replay-client', file, echo.url]);
    assert.equal(played.status, 0);
    assert.match(played.stdout, / > TEXT "hello" \[5 bytes\]\n[^]* < TEXT "hello" \[5 bytes\]\n/);
    const lost = await command(['relay', '--replay-client', file, 'ws://127.0.0.1:9/', '--quiet']);
    assert.deepEqual([lost.status, lost.stdout], [1, '']);
  });

  it('says what cannot be', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ohos-websocket-relay-'));
    t.after(() => rm(folder, { recursive: true }));
    const empty = join(folder, 'empty.jsonl');
    openTrace({ file: empty }).close();
    for (const [args, message] of [
      [[], /expected a URL/],
      [['--listen', 'x', 'ws://h/'], /--listen must be \[HOST:\]PORT, e\.g\. 9000 or 0\.0\.0\.0:9000, got "x"/],
      [['--cert', 'x', 'ws://h/'], /--cert and --key go together/],
      [['--client-cert', 'x', 'ws://h/'], /--client-cert and --client-key go together/],
      [['--cert', '/nowhere', '--key', '/nowhere', 'ws://h/'], /--cert cannot be read: ENOENT/],
      [['--transcript', 'x.doc', 'ws://h/'], /expected a name that ends in/],
      [['--replay-server', 'x', '--replay-client', 'y'], /expected --replay-server or --replay-client, got both/],
      [['--replay-server', 'x', 'ws://h/'], /--replay-server takes no URL/],
      [['--replay-server', '/nowhere'], /the transcript cannot be read: ENOENT/],
      [['--compress', 'ws://h/'], /unknown option --compress/],
      [['--cut-after', '9999999s', 'ws://h/'], /the rule cutAfter\.seconds must be a number from 0 to 2147483,/],
      [['--replay-client', empty, 'ws://h/'], /there is no connection with a request in the transcript/],
    ] as const) {
      const { status, stderr } = await command(['relay', ...args]);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
    const { status, stderr } = await command(['relay', '-l', '203.0.113.1:0', 'ws://127.0.0.1:1/']);
    assert.equal(status, 1);
    assert.match(stderr, /cannot listen: .*EADDRNOTAVAIL/);
  });
});
