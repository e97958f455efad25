import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { clientProbes } from '../../../lib/audit/client/client-probes.js';
import { auditCommand } from '../../../lib/cli/audit/command.js';
import { type ClientFault, startFaultyClient } from '../../audit/client/faulty-client.js';

const echoClient = fileURLToPath(new URL('../../audit/client/echo-client.js', import.meta.url));

/** Runs the command; a client connects again whenever its connection ends. */
async function audit(args: string[], fault?: ClientFault): Promise<{ status: number; stdout: string; stderr: string }> {
  const outcome = { status: 0, stdout: '', stderr: '' };
  let client: { stop(): void } | undefined;
  let isOver = false;
  const connect = (url: string): void => {
    if (!isOver) client = startFaultyClient(url, fault, () => connect(url));
  };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    columns: 100,
    write: (text: string | Uint8Array): boolean => {
      outcome[name] += text as string;
      const url = /^Listening on (ws:\S+): connect/.exec(text as string)?.[1];
      if (url !== undefined) connect(url);
      return true;
    },
  });
  outcome.status = await auditCommand.run(['--client', ...args], {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  });
  isOver = true;
  client?.stop();
  return outcome;
}

const some = ['--only', 'ping-empty,handshake-key,handshake-key-fresh,frame-key,utf8-byte-ff'];

describe('ohos-websocket audit --client', () => {
  it('says where to connect to, and asks whoever does: status 0 when no MUST is broken', async () => {
    const { status, stdout, stderr } = await audit(some);
    assert.match(stderr, /^Listening on ws:\/\/127\.0\.0\.1:\d+\/: connect a client, and again/);
    assert.match(stdout, /^the client at ws:\S+, text and binary: echo/);
    assert.match(stdout, /8 probes: 8 passed, 0 failed, 0 warnings, 0 not observable\n$/);
    assert.equal(status, 0);
  });

  it('is status 1 when a client breaks a MUST, and says so of the client', async () => {
    const { status, stdout } = await audit(['--only', 'ping-empty,frame-masked'], {
      sends: (sent) => (sent.opcode === 10 ? { ...sent, masked: false } : sent),
    });
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^FAIL frame-masked-control \(MUST, RFC 6455 §5\.1\)\n {2}a client {3}masks its control frames$/m,
    );
  });

  it('starts a command for every connection', async () => {
    const { status, stdout, stderr } = await audit([...some, '--run', `"${process.execPath}" "${echoClient}"`]);
    assert.match(stderr, /^Listening on ws:\S+\n$/);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /\(ohos-websocket\/\S+\), text and binary: echo/);
  });

  it('is status 2 when no client comes, or none that speaks the protocol', async () => {
    const none = await audit(['--run', 'exit 3;']);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /ohos-websocket audit: no client came: the command ended with status 3/);
    const url = await audit(['ws://a']);
    assert.equal(url.status, 2);
    assert.match(url.stderr, /no URL with --client/);
  });

  it('lists its own probes', async () => {
    const { status, stdout } = await audit(['--list']);
    assert.equal(status, 0);
    assert.equal(stdout.trimEnd().split('\n').length, clientProbes.length);
  });
});
