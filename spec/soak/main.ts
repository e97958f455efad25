/**
 * Floods, slow peers, load and connect/close cycles against servers in another process; a table, and status 1 when something does
 * not hold. `--seconds 120 --connections 5000 --cycles 100000`; needs `--expose-gc` and twice as many descriptors.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cycles } from './cycles.js';
import { flood } from './floods.js';
import { load } from './load.js';
import type { Check } from './sample.js';
import type { Ports } from './server.js';
import { slowPeers } from './slow.js';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '120' },
      connections: { type: 'string', default: '5000' },
      cycles: { type: 'string', default: '100000' },
    },
  });
  const server = fork(fileURLToPath(new URL('server.js', import.meta.url)));
  const [ports] = (await once(server, 'message')) as [Ports];
  const url = (port: number): string => `ws://127.0.0.1:${port}/`;
  const rows: string[] = [];
  let failures = 0;
  const check: Check = (title, holds, detail) => {
    if (!holds) failures++;
    rows.push(`${holds ? 'ok    ' : 'FAILED'}  ${title.padEnd(48)} ${detail}`);
  };
  try {
    await flood(url(ports.flood), url(ports.faithful), check);
    const seconds = Number(values.seconds);
    // Alone: what they measure is whether the link is alive while little moves.
    await slowPeers(url(ports.flood), check);
    await load({ url: url(ports.unreliable), connections: Number(values.connections), seconds }, check);
    await cycles(url(ports.faithful), Number(values.cycles), check);
  } finally {
    server.disconnect();
  }
  console.log(rows.join('\n'));
  process.exitCode = failures === 0 ? 0 : 1;
}

await main();
