import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { planConnect } from '../../../lib/api/options.js';
import { type JobOptions, jobNames, runJob, sendsBack } from '../../../lib/cli/bench/jobs.js';
import { ConnectError } from '../../../lib/cli/link.js';
import { type EchoServer, startEchoServer } from '../../../lib/echo/echo-server.js';
import { startOpeningPeer } from '../peer.js';

let echo: EchoServer;
before(async () => {
  echo = await startEchoServer();
});
after(() => echo.close());

function options(url: string, more: Partial<JobOptions> = {}): JobOptions {
  const plan = planConnect(url, { proxy: 'no-proxy', closeTimeout: 2000 });
  return { plan, size: 65536, binary: false, seconds: 0.5, inFlight: 4, signal: new AbortController().signal, ...more };
}

describe('the jobs of a benchmark', () => {
  for (const job of jobNames) {
    it(`${job} counts what came, and takes the time that it was given`, async () => {
      const { count, bytes, seconds, note } = await runJob(job, options(echo.url), () => {});
      assert.ok(count > 0 && seconds > 0);
      assert.equal(note, job === 'send' ? 'with what the server sent back' : undefined);
      if (job === 'echo') assert.equal(bytes, count * 65536);
    });
  }

  it('find out whether a server sends back what it gets', async () => {
    assert.equal(await sendsBack(options(echo.url)), true);
    const peer = await startOpeningPeer((socket) => socket.end());
    assert.equal(await sendsBack(options(peer.url)), false);
    await peer.close();
  });

  it('end early when they are told to, and fail without a connection', async () => {
    const signal = AbortSignal.abort();
    assert.equal((await runJob('connect', options(echo.url, { signal }), () => {})).count, 0);
    const peer = await startOpeningPeer(() => {});
    await peer.close();
    await assert.rejects(
      runJob('ping', options(peer.url), () => {}),
      ConnectError,
    );
  });
});
