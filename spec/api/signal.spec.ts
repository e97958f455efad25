import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSignal } from '../../lib/api/signal.js';
import { webSocket } from '../../lib/index.js';
import { startPeer } from '../peer/scripted.js';
import { failure } from './recorder.js';

// What a signal does to an attempt to connect is specified in time.spec.ts.

const fail = (): never => {
  throw new Error('thrown by a look-alike');
};
const lookAlike = { aborted: false, addEventListener(): void {}, removeEventListener(): void {} };

describe('readSignal', () => {
  it('takes signals and look-alikes, and none', () => {
    assert.equal(readSignal(undefined), undefined);
    assert.equal(readSignal(lookAlike)!.aborted, false);
    const { signal } = new AbortController();
    let aborted = false;
    readSignal(signal)!.addEventListener('abort', () => (aborted = true));
    signal.dispatchEvent(new Event('abort'));
    assert.equal(aborted, true);
  });

  it('passes state and reason on', () => {
    const safe = readSignal(AbortSignal.abort('gone'))!;
    assert.deepEqual([safe.aborted, safe.reason], [true, 'gone']);
  });

  it('does not throw later either', () => {
    let throws = false;
    const maybe = (): void => {
      if (throws) fail();
    };
    const safe = readSignal({
      get aborted() {
        maybe();
        return false;
      },
      get reason(): unknown {
        return fail();
      },
      addEventListener: maybe,
      removeEventListener: maybe,
    })!;
    throws = true;
    assert.deepEqual([safe.aborted, safe.reason], [false, undefined]);
    safe.addEventListener('abort', () => {});
    safe.removeEventListener('abort', () => {});
  });
});

describe('a signal that throws', () => {
  const throwing: [string, object][] = [
    ['in addEventListener', { ...lookAlike, addEventListener: fail }],
    ['in removeEventListener', { ...lookAlike, removeEventListener: fail }],
    ['when it is asked whether it is aborted', Object.defineProperty({ ...lookAlike }, 'aborted', { get: fail })],
  ];
  for (const [title, signal] of throwing) {
    it(`${title} is 401, nothing is sent, and the object can connect`, async (t) => {
      const peer = await startPeer(t, async (link) => {
        await link.accept();
        await link.serve();
      });
      const ws = webSocket.createWebSocket();
      const error = await failure(ws.connect(peer.url, { signal: signal as AbortSignal }));
      assert.deepEqual([error.code, (error.cause as Error).message], [401, 'thrown by a look-alike']);
      assert.equal(peer.accepted, 0);
      assert.equal(await ws.connect(peer.url), true);
      await ws.close();
    });
  }
});
