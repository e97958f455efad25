/** The messages and controls of a WebSocket that connects again by itself: they outlive each of its connections. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controls, messages, reconnecting } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { closeFrame, frame, type Link, text } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

const options = { proxy: 'no-proxy', minDelay: 0, maxDelay: 0 } as const;

/** Ends its connections in turn: with a reset, with 1012, and at last for good with 1000. */
function ends(send: (link: Link, at: number) => void): (link: Link) => Promise<void> {
  let connections = 0;
  return async (link) => {
    await link.accept();
    const at = ++connections;
    send(link, at);
    link.write(frame(Opcode.ping, ''));
    await link.frameOf(Opcode.pong);
    if (at === 1) return link.reset();
    link.write(closeFrame(at === 2 ? 1012 : 1000));
    await link.frameOf(Opcode.close);
    link.end();
  };
}

describe('messages of a WebSocket that connects again', () => {
  it('go on with the next connection, and end with the last', async (t) => {
    const { url } = await startPeer(
      t,
      ends((link, at) => link.write(text(`of ${at}`))),
    );
    const read: unknown[] = [];
    for await (const message of messages(reconnecting(url, options))) read.push(message);
    assert.deepEqual(read, ['of 1', 'of 2', 'of 3']);
  });

  it('end with an error when there will be no connection any more', async (t) => {
    const { url } = await startPeer(t, async (link) => {
      await link.request();
      link.end(Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'));
    });
    const all = messages(reconnecting(url, options));
    await assert.rejects(all.next(), { code: 2302999, message: /403/ });
    assert.deepEqual(await all.next(), { value: undefined, done: true });
  });

  it('end without one when the program closes it, and leave nothing behind', async (t) => {
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      link.write(text('hello'));
      await link.serve();
    });
    const ws = reconnecting(url, options);
    for await (const message of messages(ws)) {
      assert.equal(message, 'hello');
      break;
    }
    const all = messages(ws);
    await ws.close();
    assert.deepEqual(await all.next(), { value: undefined, done: true });
  });

  it('may be read in pieces: one that is torn throws, and the loop goes on', async (t) => {
    const { url } = await startPeer(
      t,
      ends((link, at) => link.write(frame(Opcode.text, `of ${at}`, { fin: at > 1 }))),
    );
    const read: string[] = [];
    for await (const message of messages(reconnecting(url, options), { stream: true })) {
      try {
        for await (const piece of message) read.push(piece as string);
      } catch (error) {
        read.push((error as Error).message);
      }
    }
    assert.deepEqual([read[0], read[2], read[3]], ['of 1', 'of 2', 'of 3']);
    assert.match(read[1]!, /connection|reset/);
  });
});

describe('controls of a WebSocket that connects again', () => {
  it('are those of whichever connection there is', async (t) => {
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      await link.serve();
    });
    await using ws = reconnecting(url, options);
    const control = controls(ws);
    let opened = 0;
    await new Promise<void>((resolve) => {
      ws.on('open', () => {
        if (++opened === 1) control.terminate();
        else resolve();
      });
    });
    assert.ok((await control.ping()) >= 0);
    assert.deepEqual([control.state, control.url], ['open', url]);
  });
});
