import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, it } from 'node:test';
import { auditClient } from '../../../lib/audit/client/client-audit.js';
import { clientProbes } from '../../../lib/audit/client/client-probes.js';
import { AuditError } from '../../../lib/audit/explore.js';
import type { AuditReport } from '../../../lib/audit/probe.js';
import { selectProbes } from '../../../lib/audit/probes/all.js';
import { describeDeath } from '../../../lib/audit/survival.js';
import { listenForClients, startCommand } from '../../../lib/cli/audit/client-listener.js';
import { type ClientFault, startFaultyClient } from './faulty-client.js';

interface Options {
  /** How many connections the client makes. */
  most?: number;
  totalTime?: number;
}

async function auditOf(
  fault: ClientFault,
  only: string[],
  { most = Infinity, ...more }: Options = {},
): Promise<AuditReport> {
  let count = 0;
  const listener = await listenForClients({
    host: '127.0.0.1',
    port: 0,
    waitTime: 60_000,
    start: (url, ended) => {
      if (count++ < most) return startFaultyClient(url, fault);
      setImmediate(() => ended('it is gone'));
      return { stop: () => {} };
    },
  });
  try {
    return await auditClient({
      url: listener.url,
      clients: listener,
      probes: selectProbes(only, [], clientProbes),
      ...more,
    });
  } finally {
    await listener.close();
  }
}

describe('an audit of a client', { concurrency: true }, () => {
  it('finds out what the client calls itself, and whether it echoes', async () => {
    const named = { request: (lines: string[]) => [...lines, 'User-Agent: test/1'] };
    assert.deepEqual((await auditOf(named, ['ping-empty'])).capabilities, {
      text: 'echo',
      binary: 'echo',
      server: 'test/1',
    });
    const mute: ClientFault = { echo: () => undefined };
    const { capabilities, results } = await auditOf(mute, ['frame-text-125', 'utf8-byte-ff']);
    assert.deepEqual(capabilities, { text: 'accepted', binary: 'accepted', server: undefined });
    assert.deepEqual(
      results.map(({ verdict, got }) => [verdict, got.startsWith('the client does not echo')]),
      [
        ['not observable', true],
        ['pass', false],
      ],
    );
  });

  it('does not begin when no client comes, or none opens a connection', async () => {
    const noClient = auditOf({}, ['ping'], { most: 0 });
    await assert.rejects(
      noClient,
      (error) => error instanceof AuditError && /no client came: it is gone/.test(error.message),
    );
    await assert.rejects(auditOf({ request: () => ['nonsense'] }, ['ping']), /no opening handshake/);
  });

  it('gives up when no client comes any more, and when its time is over', async () => {
    const { results } = await auditOf({}, ['ping'], { most: 4 });
    assert.deepEqual(
      results.slice(0, 2).map(({ verdict }) => verdict),
      ['pass', 'pass'],
    );
    assert.match(results[2]!.got, /not asked: no client came: it is gone/);
    assert.match(results.at(-1)!.got, /not asked: no client came any more/);
    const late = await auditOf({}, ['ping'], { totalTime: 0 });
    assert.ok(late.results.every(({ got }) => got === 'not asked: the time for the audit was over'));
  });
});

describe('a client that dies', () => {
  it('is a finding of its own, and fails the probe of which it died', async () => {
    const dies = "process.kill(process.pid, 'SIGSEGV')";
    const program = `
      const net = require('node:net');
      const crypto = require('node:crypto');
      const url = new URL(process.argv[1]);
      const socket = net.connect(url.port, url.hostname, () => socket.write(['GET / HTTP/1.1', 'Host: a', 'Upgrade: websocket',
        'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ' + crypto.randomBytes(16).toString('base64'), '', ''].join('\\r\\n')));
      let open = false;
      socket.on('data', (bytes) => {
        const frames = open ? bytes : bytes.subarray(bytes.indexOf('\\r\\n\\r\\n') + 4);
        open = true;
        // A frame with RSV3 is more than it can take.
        for (let at = 0; at + 1 < frames.length; at += 2 + (frames[at + 1] & 127)) {
          if ((frames[at] & 0x10) !== 0) ${dies};
          if ((frames[at] & 15) === 9) socket.write(Buffer.concat([Buffer.of(0x8a, 0x80 + (frames[at + 1] & 127), 0, 0, 0, 0), frames.subarray(at + 2, at + 2 + (frames[at + 1] & 127))]));
          if ((frames[at] & 15) === 8) socket.end(Buffer.of(0x88, 0x80, 0, 0, 0, 0));
        }
      });`;
    const listener = await listenForClients({
      host: '127.0.0.1',
      port: 0,
      waitTime: 60_000,
      start: (url, ended) =>
        startCommand(`exec ${process.execPath} -e '${program.replaceAll("'", `'"'"'`)}'`, url, ended),
    });
    const chosen = selectProbes(['ping-empty', 'frame-rsv3', 'close-reply'], [], clientProbes);
    const { deaths, results } = await auditClient({ url: listener.url, clients: listener, probes: chosen });
    await listener.close();
    const how = 'the command ended with SIGSEGV';
    assert.deepEqual(deaths, [{ subject: 'client', probes: ['frame-rsv3'], isProved: true, recovered: true, how }]);
    for (const { id, verdict, got } of results) assert.equal(verdict === 'fail', id === 'frame-rsv3', `${id}: ${got}`);
    assert.equal(describeDeath(deaths[0]!), `the client died of frame-rsv3: ${how}`);
  });
});
