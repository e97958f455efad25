import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, type ReceivedFrame, text } from '../peer/link.js';
import { correct, type Peer, type Scope, startPeer } from '../peer/scripted.js';
import { failure, outcome, record } from './recorder.js';

/** A correct server that keeps the Close frame. */
async function closable(scope: Scope): Promise<{ peer: Peer; closeFrame: Promise<ReceivedFrame> }> {
  let got = (_frame: ReceivedFrame): void => {};
  const frame = new Promise<ReceivedFrame>((resolve) => (got = resolve));
  const peer = await startPeer(scope, async (link) => {
    await link.accept();
    const close = await link.frameOf(Opcode.close);
    got(close);
    link.end(closeFrame(...decode(close)));
  });
  return { peer, closeFrame: frame };
}

function decode({ payload }: ReceivedFrame): [code?: number, reason?: string] {
  return payload.length === 0 ? [] : [payload.readUInt16BE(), payload.subarray(2).toString()];
}

type Loose = (...args: unknown[]) => Promise<unknown>;
const loose = (ws: webSocket.WebSocket): Loose => (ws.close as Loose).bind(ws);

describe('close', () => {
  it('close(): Promise<boolean> sends 1000 and CLOSE_NORMAL, and resolves to true after the close event', async (t) => {
    const { peer, closeFrame } = await closable(t);
    const { ws, order, closes } = record();
    await ws.connect(peer.url);
    assert.equal(await ws.close().finally(() => order.push('closed')), true);
    assert.deepEqual(decode(await closeFrame), [1000, 'CLOSE_NORMAL']);
    assert.deepEqual(closes, [{ code: 1000, reason: 'CLOSE_NORMAL' }]);
    assert.deepEqual(order.slice(3), ['close', 'closed']);
  });

  it('close(options): Promise<boolean> sends code and reason', async (t) => {
    const { peer, closeFrame } = await closable(t);
    const { ws, closes } = record();
    await ws.connect(peer.url);
    assert.equal(await ws.close({ code: 3001, reason: 'grüße' }), true);
    assert.deepEqual(decode(await closeFrame), [3001, 'grüße']);
    assert.deepEqual(closes, [{ code: 3001, reason: 'grüße' }]);
  });

  it('close(callback) and close(options, callback) give undefined and true after the close event', async (t) => {
    for (const options of [undefined, { reason: 'bye' }]) {
      const { peer } = await closable(t);
      const { ws, order } = record();
      await ws.connect(peer.url);
      let returned: unknown = 'not called';
      const { error, value } = await outcome<boolean>((callback) => {
        const told: typeof callback = (...result) => {
          order.push('callback');
          callback(...result);
        };
        returned = options === undefined ? ws.close(told) : ws.close(options, told);
      });
      assert.deepEqual([returned, error, value], [undefined, undefined, true]);
      assert.deepEqual(order.slice(3), ['close', 'callback']);
    }
  });

  it('close(undefined, callback) is close(callback): the document’s options may be undefined', async (t) => {
    const { peer, closeFrame } = await closable(t);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    const { error } = await outcome<boolean>((callback) => ws.close(undefined, callback));
    assert.equal(error, undefined);
    assert.deepEqual(decode(await closeFrame), [1000, 'CLOSE_NORMAL']);
  });

  it('sends an empty reason when asked to', async (t) => {
    const { peer, closeFrame } = await closable(t);
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    await ws.close({ reason: '' });
    assert.deepEqual(decode(await closeFrame), [1000, '']);
  });

  it('sends everything that was sent before it', async (t) => {
    const received: ReceivedFrame[] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
        received.push(next);
        if (next.opcode === Opcode.close) return link.end(closeFrame(1000));
      }
    });
    const ws = webSocket.createWebSocket();
    await ws.connect(peer.url);
    const sends = [ws.send('a'), ws.send(Buffer.alloc(2_000_000)), ws.send('z')];
    assert.equal(await ws.close(), true);
    assert.deepEqual(await Promise.all(sends), [true, true, true]);
    assert.deepEqual(
      received.map(({ opcode, payload }) => [opcode, payload.length]),
      [
        [1, 1],
        [2, 2_000_000],
        [1, 1],
        [8, 14],
      ],
    );
  });

  it('delivers what the server sends before its own Close frame', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.close);
      link.end(Buffer.concat([text('late'), closeFrame(1000), text('too late')]));
    });
    const { ws, messages } = record();
    await ws.connect(peer.url);
    await ws.close();
    assert.deepEqual(messages, ['late']);
  });
});

describe('close: codes and reasons', () => {
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
    it(`sends ${code}`, async (t) => {
      const { peer, closeFrame } = await closable(t);
      const { ws, closes } = record();
      await ws.connect(peer.url);
      await ws.close({ code, reason: 'r' });
      assert.deepEqual(decode(await closeFrame), [code, 'r']);
      assert.deepEqual(closes, [{ code, reason: 'r' }]);
    });
  }

  for (const code of [0, 1, 999, 1016, 2000, 2999, 5000, 65536, -1, 1.5, 1000.5, NaN, Infinity]) {
    it(`sends 1000 for ${code}, the document's rule`, async (t) => {
      const { peer, closeFrame } = await closable(t);
      const ws = webSocket.createWebSocket();
      await ws.connect(peer.url);
      assert.equal(await ws.close({ code }), true);
      assert.deepEqual(decode(await closeFrame), [1000, 'CLOSE_NORMAL']);
    });
  }

  const wrong: [string, unknown, RegExp][] = [
    ['1004', { code: 1004 }, /1004/],
    ['1005', { code: 1005 }, /1005/],
    ['1006', { code: 1006 }, /1006/],
    ['1015', { code: 1015 }, /1015/],
    ['a code that is a string', { code: '1000' }, /code/],
    ['a code that is null', { code: null }, /code/],
    ['a reason that is a number', { reason: 1 }, /reason/],
    ['a reason of 124 bytes', { reason: 'x'.repeat(124) }, /123.*124/],
    ['a reason of 41 characters and 124 bytes', { reason: `${'世'.repeat(41)}x` }, /123.*124/],
    ['null', null, /options/],
    ['a string', 'x', /options/],
    ['an array', [], /options/],
    ['a number', 1000, /options/],
  ];
  for (const [title, options, detail] of wrong) {
    it(`refuses ${title} with 401, and the connection goes on`, async (t) => {
      const peer = await startPeer(t, correct);
      const { ws, order, next } = record();
      await ws.connect(peer.url);
      const rejected = await failure(loose(ws)(options));
      assert.equal(rejected.code, 401);
      assert.match(rejected.message, detail);
      const told = await outcome((callback) => loose(ws)(options, callback));
      assert.equal(told.error?.code, 401);
      const echoed = next('message');
      void ws.send('still here');
      await echoed;
      await ws.close();
      assert.equal(order.filter((event) => event === 'close').length, 1);
    });
  }

  it('takes a reason of 123 bytes', async (t) => {
    for (const reason of ['x'.repeat(123), '世'.repeat(41)]) {
      const { peer, closeFrame } = await closable(t);
      const ws = webSocket.createWebSocket();
      await ws.connect(peer.url);
      await ws.close({ reason });
      assert.deepEqual(decode(await closeFrame), [1000, reason]);
    }
  });
});

describe('close: in every state', () => {
  it('is 2302999 with no connection: before connect, after a failed one, after close', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = webSocket.createWebSocket();
    const check = async (): Promise<void> => {
      assert.equal((await failure(ws.close())).code, 2302999);
      assert.equal((await outcome<boolean>((callback) => ws.close(callback))).error?.code, 2302999);
    };
    await check();
    await failure(ws.connect('ws://'));
    await check();
    await ws.connect(peer.url);
    await ws.close();
    await check();
  });

  it('aborts an attempt to connect: error, the failure of connect, close with 1006, then close settles', async (t) => {
    const peer = await startPeer(t, () => {});
    const { ws, order, errors, closes } = record();
    const connecting = new Promise<void>((resolve) => {
      ws.connect(peer.url, (error) => {
        assert.equal(error.code, 2302999);
        order.push('connect');
        resolve();
      });
    });
    assert.equal(await ws.close().finally(() => order.push('closed')), true);
    await connecting;
    assert.deepEqual(order, ['error', 'connect', 'close', 'closed']);
    assert.equal(errors[0]?.code, 200);
    assert.equal(errors[0]?.data, '0');
    assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
    await peer.allGone();
  });

  it('tells nobody before it has returned', async (t) => {
    const peer = await startPeer(t, () => {});
    const { ws, order } = record();
    const connected = outcome<boolean>((callback) => {
      ws.connect(peer.url, (...result) => {
        order.push('connect');
        callback(...result);
      });
    });
    const closed = outcome<boolean>((callback) => {
      ws.close(callback);
      order.push('returned');
    });
    assert.equal((await failure(ws.connect(peer.url))).code, 2302003, 'the attempt is still being closed');
    assert.equal((await closed).value, true);
    await connected;
    assert.deepEqual(order, ['returned', 'error', 'connect', 'close']);
  });

  it('aborts an attempt whose request is out', async (t) => {
    let close = (): unknown => undefined;
    const peer = await startPeer(t, async (link) => {
      await link.request();
      close();
      await link.ended();
    });
    const { ws, order } = record();
    const closed = new Promise((resolve) => (close = () => resolve(ws.close())));
    assert.equal((await failure(ws.connect(peer.url))).code, 2302999);
    assert.equal(await closed, true);
    assert.deepEqual(order, ['error', 'close']);
    await peer.allGone();
  });

  it('aborts from inside headerReceive, and open never comes', async (t) => {
    const peer = await startPeer(t, correct);
    const { ws, order, closes } = record();
    let closed: Promise<boolean> | undefined;
    ws.on('headerReceive', () => (closed = ws.close()));
    assert.equal((await failure(ws.connect(peer.url))).code, 2302999);
    assert.equal(await closed, true);
    assert.deepEqual(order, ['headerReceive', 'error', 'close']);
    assert.deepEqual(closes, [{ code: 1006, reason: '' }]);
    await peer.allGone();
  });

  it('closes from inside the open listener; connect still succeeds', async (t) => {
    const { peer, closeFrame } = await closable(t);
    const { ws, order } = record();
    let closed: Promise<boolean> | undefined;
    ws.on('open', () => (closed = ws.close({ code: 4000 })));
    assert.equal(await ws.connect(peer.url), true);
    assert.equal(await closed, true);
    assert.deepEqual(decode(await closeFrame), [4000, 'CLOSE_NORMAL']);
    assert.deepEqual(order, ['headerReceive', 'open', 'openInfo', 'close']);
  });

  it('closes from inside the message listener, as the document does', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], text('bye'));
      await link.serve();
    });
    const { ws, order } = record();
    const closed = new Promise<boolean>((resolve) => {
      ws.on('message', (_error, message) => {
        if (message === 'bye') ws.close((_failure, value) => resolve(value));
      });
    });
    await ws.connect(peer.url);
    assert.equal(await closed, true);
    assert.deepEqual(order, ['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'close']);
  });

  it('joins a close under way: one Close frame, one close event, each caller told once', async (t) => {
    const { peer, closeFrame } = await closable(t);
    const { ws, closes, order } = record();
    await ws.connect(peer.url);
    const first = ws.close({ code: 3000, reason: 'first' });
    const second = ws.close({ code: 3001, reason: 'second' });
    const third = outcome<boolean>((callback) => ws.close(callback));
    assert.deepEqual([await first, await second, (await third).value], [true, true, true]);
    assert.deepEqual(decode(await closeFrame), [3000, 'first']);
    assert.equal(closes.length, 1);
    assert.equal(order.at(-1), 'close');
  });

  it('joins a close that the server began', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], text('now'));
      await link.frameOf(Opcode.text);
      link.write(closeFrame(3333, 'server'));
      await link.frameOf(Opcode.close);
      await link.frame(); // our FIN comes when the server's does not
      link.end();
    });
    const { ws, closes, next } = record();
    ws.on('message', () => void ws.send('go'));
    await ws.connect(peer.url, { closeTimeout: 50 });
    await next('close');
    assert.deepEqual(closes, [{ code: 3333, reason: 'server' }]);
    assert.equal((await failure(ws.close())).code, 2302999);
  });

  it('closes from inside the error listener of a lost connection: it settles after the close event', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.text);
      link.reset();
    });
    const { ws, order } = record();
    const closed = new Promise<boolean>((resolve) => {
      ws.on('error', () => {
        ws.close().then((value) => {
          order.push('closed');
          resolve(value);
        });
      });
    });
    await ws.connect(peer.url);
    void ws.send('x');
    assert.equal(await closed, true);
    assert.deepEqual(order.slice(3), ['error', 'close', 'closed']);
  });

  it('is simultaneous with the server’s: the server’s code is reported, once', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.close);
      link.end(closeFrame(4444, 'mine'));
    });
    const { ws, closes, errors } = record();
    await ws.connect(peer.url);
    await ws.close({ code: 4000 });
    assert.deepEqual(closes, [{ code: 4444, reason: 'mine' }]);
    assert.deepEqual(errors, []);
  });
});

describe('close event', () => {
  it('has the server’s code and reason, and the server gets its code back', async (t) => {
    let echoed: [code?: number, reason?: string] = [];
    const peer = await startPeer(t, async (link) => {
      await link.accept([], closeFrame(4001, 'out of tea'));
      echoed = decode(await link.frameOf(Opcode.close));
      link.end();
    });
    const { ws, closes, errors, next } = record();
    const closed = next('close');
    await ws.connect(peer.url);
    await closed;
    assert.deepEqual(closes, [{ code: 4001, reason: 'out of tea' }]);
    assert.deepEqual(errors, []);
    assert.equal(echoed[0], 4001);
  });

  it('is 1005 and an empty reason when the server’s frame has none, and it is answered with none', async (t) => {
    let answer: Buffer | undefined;
    const peer = await startPeer(t, async (link) => {
      await link.accept([], closeFrame());
      answer = (await link.frameOf(Opcode.close)).payload;
      link.end();
    });
    const { ws, closes, next } = record();
    const closed = next('close');
    await ws.connect(peer.url);
    await closed;
    assert.deepEqual(closes, [{ code: 1005, reason: '' }]);
    assert.equal(answer?.length, 0);
  });
});
