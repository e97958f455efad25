/** How many frames a message in pieces has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PieceFrames } from '../../lib/api/piece-frames.js';
import { nextTurn } from '../../lib/transport/next-turn.js';

const turn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

function collecting(): { frames: PieceFrames; sent: string[] } {
  const sent: string[] = [];
  const send = (payload: Uint8Array, fin: boolean): void =>
    void sent.push(`${payload.length > 40 ? payload.length : Buffer.from(payload).toString()}${fin ? '.' : ''}`);
  return { frames: new PieceFrames(send), sent };
}

const bytes = (text: string): Buffer => Buffer.from(text);

describe('small pieces of a message', () => {
  it('share a frame when they come in one turn, and wait no longer than that; the first leaves at once', async () => {
    const { frames, sent } = collecting();
    assert.equal(frames.add(bytes('one')), true);
    const changing = bytes('two ');
    assert.equal(frames.add(changing), false);
    changing.fill('?');
    frames.add(bytes('three'));
    assert.deepEqual(sent, ['one']);
    await turn();
    assert.deepEqual(sent, ['one', 'two three']);
    frames.add(bytes('four'));
    frames.finish(bytes('!'));
    await turn();
    assert.deepEqual(sent, ['one', 'two three', 'four!.']);
  });

  it('are not held back by a bound of the server on fragments, however many they are', () => {
    const { frames, sent } = collecting();
    for (let index = 0; index < 200_000; index++) frames.add(Buffer.alloc(100));
    frames.finish(bytes(''));
    assert.equal(sent.length, 1 + Math.ceil(199_999 / Math.floor(16_384 / 100)));
  });

  it('keep their order with large ones, which have frames of their own', () => {
    const { frames, sent } = collecting();
    frames.add(bytes('a'));
    frames.add(bytes('b'));
    assert.equal(frames.add(Buffer.alloc(65_536)), true);
    frames.add(bytes('c'));
    frames.finish(Buffer.alloc(0));
    assert.deepEqual(sent, ['a', 'b', '65536', 'c.']);
  });

  it('never leave when the message has failed', async () => {
    const { frames, sent } = collecting();
    frames.add(bytes('a'));
    frames.add(bytes('b'));
    frames.drop();
    await turn();
    assert.deepEqual(sent, ['a']);
  });

  it('are the matter of whoever adds the next one when the connection takes none any more', async () => {
    let isGone = false;
    const frames = new PieceFrames(() => {
      if (isGone) throw new Error('gone');
    });
    frames.add(bytes('a'));
    isGone = true;
    frames.add(bytes('b'));
    await turn();
    frames.add(bytes('c'));
    assert.throws(() => frames.finish(bytes('')), /gone/);
  });
});
