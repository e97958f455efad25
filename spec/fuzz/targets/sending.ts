import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { SessionHandler } from '../../../lib/protocol/contracts.js';
import { MaskingKeys } from '../../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../../lib/protocol/framing/output-queue.js';
import { Session } from '../../../lib/protocol/session.js';
import { goodHead, limits, parseFrames } from '../../protocol/drive.js';
import { request, run } from '../driver.js';
import type { Target } from '../fuzzer.js';
import { wellFormed } from '../random.js';
import { binaryEvent, deflateOptions, negotiate, textEvent } from '../stream.js';

const nothing = (): void => {};
const deaf: SessionHandler = {
  response: nothing,
  open: nothing,
  message: nothing,
  pong: nothing,
  failed: nothing,
  closed: nothing,
};

export const sending: Target = {
  name: 'sending',
  title: 'messages that a client sends arrive as they were, in order, every frame masked with a key of its own',
  share: 15,
  run(random) {
    const deflate = random.once(4) ? { client: deflateOptions(random), server: deflateOptions(random) } : undefined;
    const negotiated = deflate && negotiate(deflate);
    // A key says how many were drawn before it: none may be used twice, and none twice in a row.
    let drawn = 0;
    const start = random.next() | 0;
    const keys = new MaskingKeys((bytes) => {
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      for (let at = 0; at < words.length; at++) words[at] = (start + drawn++) | 0;
    });
    const output: Buffer[] = [];
    const take = (): void => {
      for (let chunk = queue.take(); chunk !== undefined; chunk = queue.take()) {
        output.push(Buffer.from(chunk.bytes));
        chunk.bytes.fill(0x5a); // a taken chunk belongs to its taker until it is released
        queue.release(chunk);
      }
    };
    const takeEarly = random.once(2);
    const queue = new OutputQueue(() => takeEarly && take());
    const session: Session = new Session(deaf, {
      request: { ...request, extensions: negotiated?.client.offer ?? '' },
      limits,
      sink: queue,
      random: (key) => key.fill(0),
      keys,
      now: () => 0,
      extension: negotiated?.client,
    });
    const answer = negotiated === undefined ? [] : [`Sec-WebSocket-Extensions: ${negotiated.response}`];
    session.receive(Buffer.from(goodHead(...answer), 'latin1'));
    take();
    output.length = 0;

    const events: string[] = [];
    const opcodes: number[] = [];
    const messages = random.below(random.pick([2, 6, 40]));
    for (let count = 0; count < messages; count++) {
      const kind = random.below(5);
      if (kind === 0) {
        session.ping(random.bytes(random.below(126)));
        opcodes.push(9);
      } else if (kind < 3) {
        const message = random.text(random.once(40) ? 20_000 + random.below(60_000) : random.size(), true);
        session.sendText(message);
        events.push(textEvent(wellFormed(message)));
        opcodes.push(1);
      } else {
        const message = random.payload();
        session.sendBinary(message);
        events.push(binaryEvent(message));
        message.fill(0); // captured at the call
        opcodes.push(2);
      }
      if (random.once(8)) take();
    }
    const reason = random.text(random.below(41)).slice(0, 41);
    session.close(1000, reason);
    events.push(`closed 1000 ${wellFormed(reason)}`);
    opcodes.push(8);
    take();

    const bytes = Buffer.concat(output);
    const frames = parseFrames(bytes);
    assert.deepEqual(
      frames.map(({ opcode }) => opcode),
      opcodes,
    );
    assert.ok(frames.every(({ fin, masked }) => fin && masked));
    assert.equal(new Set(frames.map(({ key }) => key)).size, frames.length, 'every frame has a masking key of its own');
    const feed = { title: 'by a server', cuts: random.cuts(bytes.length) };
    const outcome = run({ server: true, deflate }, bytes, feed);
    assert.deepEqual(outcome.events, events);
  },
};
