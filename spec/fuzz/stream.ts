/** Valid streams of frames, and what has to come of them. */
import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import type { PerMessageDeflateOptions } from '../../lib/protocol/deflate/options.js';
import { acceptOffer, PerMessageDeflate } from '../../lib/protocol/deflate/permessage-deflate.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import type { Random } from './random.js';
import { type WireFrame, wireFrame } from './wire.js';

/** Options of both sides of permessage-deflate. */
export interface Deflate {
  readonly client: PerMessageDeflateOptions;
  readonly server: PerMessageDeflateOptions;
}

/** The same negotiation again, with fresh windows. */
export function negotiate({ client, server }: Deflate): {
  client: PerMessageDeflate;
  server: PerMessageDeflate;
  response: string;
} {
  const ours = new PerMessageDeflate(zlib, client);
  const accepted = acceptOffer(ours.offer, zlib, server);
  if (accepted === undefined) throw new Error(`an offer of ours was declined: ${ours.offer}`);
  ours.accept(accepted.response);
  return { client: ours, server: accepted.extension, response: accepted.response };
}

export function deflateOptions(random: Random): PerMessageDeflateOptions {
  return {
    serverNoContextTakeover: random.once(2),
    clientNoContextTakeover: random.once(2),
    serverMaxWindowBits: 8 + random.below(8),
    clientMaxWindowBits: 8 + random.below(8),
    threshold: random.pick([0, 1, 20, 1024]),
    level: random.below(10),
  };
}

export interface Stream {
  readonly frames: readonly WireFrame[];
  /** What a session has to report. */
  readonly events: readonly string[];
  /** Bytes of the largest message. */
  readonly maxMessageSize: number;
  /** Frames of the message that has most. */
  readonly maxFragments: number;
}

export const textEvent = (message: string): string => `text ${message}`;
export const binaryEvent = (message: Uint8Array): string => `binary ${Buffer.from(message).toString('latin1')}`;
export const pongEvent = (payload: Uint8Array): string => `pong ${Buffer.from(payload).toString('hex')}`;

/** @param masked whether a client sends it */
export function validStream(random: Random, masked: boolean, deflate: Deflate | undefined): Stream {
  const extension = deflate && negotiate(deflate)[masked ? 'client' : 'server'];
  const frames: WireFrame[] = [];
  const events: string[] = [];
  const key = (): Buffer | undefined => (masked ? random.bytes(4) : undefined);
  let maxMessageSize = 0;
  let maxFragments = 1;

  const control = (): void => {
    const payload = random.bytes(random.once(4) ? 125 : random.below(9));
    const isPing = random.once(2);
    frames.push(wireFrame(isPing ? Opcode.ping : Opcode.pong, payload, { key: key() }));
    if (!isPing) events.push(pongEvent(payload));
  };

  const messages = random.below(random.pick([2, 4, 9]));
  for (let count = 0; count < messages; count++) {
    if (random.once(6)) control();
    const isText = random.once(2);
    const message = isText ? random.text() : random.payload();
    const plain = Buffer.from(message as string);
    const deflated = extension !== undefined && random.once(2) ? extension.deflate(plain) : undefined;
    const body = deflated ?? plain;
    const fragments = random.once(3) ? 2 + random.below(random.pick([1, 3, 20])) : 1;
    const cuts = Array.from({ length: fragments - 1 }, () => random.below(body.length + 1)).sort((a, b) => a - b);
    for (let index = 0; index < fragments; index++) {
      if (index > 0 && random.once(5)) control();
      const opcode = index > 0 ? Opcode.continuation : isText ? Opcode.text : Opcode.binary;
      frames.push(
        wireFrame(opcode, body.subarray(cuts[index - 1] ?? 0, cuts[index] ?? body.length), {
          fin: index === fragments - 1,
          rsv: index === 0 && deflated !== undefined ? 4 : 0,
          key: key(),
        }),
      );
    }
    events.push(isText ? textEvent(message as string) : binaryEvent(plain));
    maxMessageSize = Math.max(maxMessageSize, plain.length, body.length);
    maxFragments = Math.max(maxFragments, fragments);
  }
  if (random.once(2)) {
    const code = random.pick([1000, 1001, 1003, 1007, 1014, 3000, 4999]);
    const reason = Buffer.from(random.text(random.below(30)));
    const body = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]);
    const isEmpty = random.once(4);
    frames.push(wireFrame(Opcode.close, isEmpty ? Buffer.alloc(0) : body, { key: key() }));
    events.push(isEmpty ? 'closed 1005 ' : `closed ${code} ${reason.toString()}`);
    // Nothing that follows is processed.
    if (random.once(3)) frames.push(wireFrame(random.below(16), random.payload(random.below(200))));
  } else {
    events.push('failed -', 'closed 1006 ');
  }
  return { frames, events, maxMessageSize, maxFragments };
}
