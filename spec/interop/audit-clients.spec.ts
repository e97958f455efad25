/**
 * `audit --client` on clients by other people, and on our own: what each of them breaks, as it was looked at by hand.
 *
 * One process for each client, which connects again whenever its connection ends: a process for every question would
 * take minutes.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { auditClient, defaultClientTimes } from '../../lib/audit/client/client-audit.js';
import { clientProbes } from '../../lib/audit/client/client-probes.js';
import type { AuditReport } from '../../lib/audit/probe.js';
import type { Probe, ProbeTimes } from '../../lib/audit/probe-run.js';
import { listenForClients } from '../../lib/cli/audit/client-listener.js';
import { Running } from '../cli/command.js';
import { wsAbsent } from './npm-ws.js';

interface Client {
  readonly name: string;
  readonly skip: string | false;
  /** Sends every message back, and connects again; the URL is appended. */
  readonly command: readonly string[];
  readonly fails: readonly string[];
  readonly warns: readonly string[];
  /** Probes that are not asked. */
  readonly without?: readonly string[];
}

/** Every fourth of the probes that pass, others every day; `PROBES=all`: all of them. */
const share = process.env['PROBES'] === 'all' ? 1 : 4;
const day = Math.floor(Date.now() / 86_400_000);
const times: ProbeTimes = { ...defaultClientTimes, probe: 60_000, grace: 400 };

/** A program whose `open(url, again)` makes one connection, and calls back once it is over. */
function script(open: string): string[] {
  const program = `${open}
    const start = () => {
      let ended = false;
      const again = () => void (ended || ((ended = true), setImmediate(start)));
      open(process.argv[1], again);
    };
    start();`;
  return ['--input-type=module', '--eval', program];
}

const own = script(`
  import webSocket from ${JSON.stringify(new URL('../../lib/index.js', import.meta.url).href)};
  function open(url, again) {
    const client = webSocket.createWebSocket();
    client.on('error', () => {});
    client.on('close', again);
    client.on('message', (_error, data) => void client.send(data).catch(() => {}));
    client.connect(url, { proxy: 'no-proxy', perMessageDeflate: true }).catch(again);
  }`);

const npmFolder = fileURLToPath(new URL('../../../spec/interop/', import.meta.url));
const ws = script(`
  import { createRequire } from 'node:module';
  const WebSocket = createRequire(${JSON.stringify(npmFolder)})('ws');
  function open(url, again) {
    const client = new WebSocket(url);
    client.on('error', () => {});
    client.on('close', again);
    client.on('message', (data, binary) => client.send(data, { binary }));
  }`);

// After a handshake that failed, undici 6 has no close event.
const undici = script(`
  function open(url, again) {
    const client = new WebSocket(url);
    client.binaryType = 'arraybuffer';
    client.onclose = client.onerror = again;
    client.onmessage = ({ data }) => client.send(data);
  }`);
const undiciVersion = process.versions['undici'] ?? 'none';
const undiciMajor = Number.parseInt(undiciVersion, 10);
/** Only 6.24 and 6.28 were looked at of the sixth; Node 20 has 6.24, behind a flag, and 6.22 before. */
const isUndici624 = undiciVersion.startsWith('6.24.');
const isUndiciKnown = isUndici624 || /^(?:6\.28|7|8)\./.test(undiciVersion);
const undiciFlag = isUndici624 ? ['--experimental-websocket'] : [];

const python = `
import asyncio, sys, websockets
async def echo(url):
    async with websockets.connect(url, max_size=2**24) as connection:
        async for message in connection:
            await connection.send(message)
async def main():
    while True:
        try:
            await echo(sys.argv[1])
        except ConnectionRefusedError:
            return
        except Exception:
            pass
asyncio.run(main())
`;
const pythonVersion = spawnSync('/usr/bin/python3', ['-c', 'import websockets.version as v; print(v.version)'], {
  encoding: 'utf8',
}).stdout?.trim();

const lengths = ['frame-length-16-minimal', 'frame-length-64-minimal'];

const clients: readonly Client[] = [
  { name: 'ours', skip: false, command: [process.execPath, ...own], fails: [], warns: [] },
  {
    name: 'npm ws 8',
    skip: wsAbsent,
    command: [process.execPath, ...ws],
    fails: ['deflate-answer-server-window-zero', 'deflate-answer-twice'],
    warns: ['handshake-refuses-http-1.0', ...lengths, 'ping-storm', 'close-waits'],
  },
  {
    name: "Node's own WebSocket",
    skip: !isUndiciKnown && `its verdicts are known of undici 6.24, 6.28, 7 and 8, not of ${undiciVersion}`,
    command: [process.execPath, ...undiciFlag, ...undici],
    fails: [
      'handshake-takes-connection-list',
      'handshake-takes-connection-lines',
      'utf8-valid-byte-order-mark',
      'deflate-answer-parameter',
      'deflate-answer-server-window-7',
      'deflate-answer-server-window-16',
      'deflate-answer-server-window-empty',
      'deflate-answer-server-window-zero',
      'deflate-answer-client-window-empty',
      'deflate-answer-client-window-7',
      'deflate-answer-client-window-16',
      'deflate-answer-takeover-value',
      'deflate-answer-doubled',
      'deflate-refuses-rsv1-ping',
      'deflate-refuses-rsv1-continuation',
    ],
    warns: [
      'handshake-refuses-http-1.0',
      ...lengths,
      ...(undiciMajor === 6 ? ['handshake-refuses-space-before-colon', 'close-on-failure'] : []),
    ],
    // It throws where nobody can catch it, and leaves TCP open: each would wait for a minute.
    without: isUndici624 ? ['handshake-refuses-protocol-unoffered', 'handshake-refuses-protocol-doubled'] : [],
  },
  {
    name: 'python3-websockets 10.4',
    skip:
      pythonVersion !== '10.4' &&
      (pythonVersion
        ? `its verdicts are known of 10.4, not of ${pythonVersion}`
        : 'python3-websockets is not installed'),
    command: ['/usr/bin/python3', '-c', python],
    fails: [],
    warns: lengths,
  },
];

async function audit(command: readonly string[], probes: readonly Probe[]): Promise<AuditReport> {
  const listener = await listenForClients({ host: '127.0.0.1', port: 0, waitTime: 20_000 });
  const client = new Running(command[0]!, [...command.slice(1), listener.url]);
  try {
    return await auditClient({ url: listener.url, clients: listener, probes, times });
  } finally {
    client.child.kill('SIGKILL');
    await listener.close();
    await client.end();
  }
}

describe('an audit finds what a client breaks, and nothing else', { concurrency: true }, () => {
  for (const { name, skip, command, fails, warns, without = [] } of clients) {
    it(`in ${name}`, { skip }, async () => {
      const probes = clientProbes.filter(
        ({ id }, index) =>
          !without.includes(id) && (index % share === day % share || fails.includes(id) || warns.includes(id)),
      );
      const { capabilities, deaths, results } = await audit(command, probes);
      assert.deepEqual([capabilities.text, capabilities.binary, deaths], ['echo', 'echo', []]);
      const found = results.filter(({ verdict }) => verdict !== 'pass');
      const said = found.map(({ id, got }) => `${id}: ${got}`).join('\n');
      const ids = (wanted: string): string[] => found.filter(({ verdict }) => verdict === wanted).map(({ id }) => id);
      assert.deepEqual(ids('not observable'), [], said);
      assert.deepEqual(ids('fail').sort(), [...fails].sort(), said);
      assert.deepEqual(ids('warning').sort(), [...warns].sort(), said);
    });
  }
});
