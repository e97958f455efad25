import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { startAnsweringPeer } from '../cli/bench/answering-peer.js';
import { Running, start } from '../cli/command.js';
import { text } from '../peer/link.js';

const python = '/usr/bin/python3';
const skip =
  spawnSync(python, ['-c', 'import websockets']).status === 0 ? false : 'python3-websockets is not installed';

/** A closed model in Python: rate, p50 and p90 of the messages that are sent in two seconds on ten connections. */
const program = `
import asyncio, json, sys, time, websockets
url, seconds, count = sys.argv[1], 2, 10
latencies = []
async def load(connection, end):
    while time.perf_counter() < end:
        sent = time.perf_counter()
        await connection.send('x' * 125)
        await connection.recv()
        latencies.append((time.perf_counter() - sent) * 1000)
async def main():
    connections = [await websockets.connect(url, compression=None) for _ in range(count)]
    end = time.perf_counter() + seconds
    await asyncio.gather(*[load(one, end) for one in connections])
    for one in connections:
        await one.close()
asyncio.run(main())
latencies.sort()
at = lambda share: latencies[int(share * len(latencies))]
print(json.dumps({'perSecond': len(latencies) / seconds, 'p50': at(0.5), 'p90': at(0.9)}))
`;

describe('a load by bench and one by python-websockets, at the same time on the same server', { skip }, () => {
  it('see the same rate and the same latencies', { timeout: 60_000 }, async () => {
    // Four of five answers take 50 ms, the fifth 200 ms: what a client adds of its own is small against that.
    const counts = new Map<unknown, number>();
    const peer = await startAnsweringPeer({
      answer: (message, link) => {
        const count = (counts.get(link) ?? 0) + 1;
        counts.set(link, count);
        setTimeout(() => link.write(text(message)), count % 5 === 0 ? 200 : 50);
        return undefined;
      },
    });
    const options = ['--connections', '10', '--duration', '2', '--warm-up', '0.1', '--no-proxy', '--json'];
    const ours = start(['bench', peer.url, ...options]);
    const theirs = new Running(python, ['-c', program, peer.url]);
    const [a, b] = await Promise.all([ours.end(), theirs.end()]);
    await peer.close();
    assert.deepEqual([a.status, b.status, b.stderr], [0, 0, '']);
    const { perSecond, latency } = JSON.parse(a.stdout);
    const other = JSON.parse(b.stdout) as { perSecond: number; p50: number; p90: number };
    for (const [name, mine, expected] of [
      ['rate', perSecond, other.perSecond],
      ['p50', latency.p50, other.p50],
      ['p90', latency.p90, other.p90],
    ] as const) {
      const ratio = mine / expected;
      assert.ok(ratio > 0.7 && ratio < 1.4, `${name}: ${mine} and ${expected}`);
    }
  });
});
