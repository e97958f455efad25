/** Compressed messages that a server has to take, in every form that DEFLATE and RFC 7692 allow. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { Opcode } from '../../protocol/framing/opcode.js';
import { messagesIn, whateverElse } from '../exchange.js';
import type { Level } from '../probe.js';
import { NotObservable, type Probe, type ProbeRun } from '../probe-run.js';
import type { OutgoingFrame } from '../raw-connection.js';
import { compressed, compressedFrame, DeflatePeer, flushed, flushMark } from './deflate-peer.js';
import { broken, pass, probe } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';
const text = 'Compressed messages, compressed messages: the same again, and again, and again. '.repeat(4);

interface Row {
  readonly id: string;
  readonly reference: string;
  readonly level?: Level;
  readonly rule: string;
  readonly sends: string;
  /** Default: text. */
  readonly kind?: 'text' | 'binary';
  /** Default: `permessage-deflate`. */
  readonly offer?: string;
  /** In writes of this many bytes. */
  readonly pieces?: number;
  /** The messages, and the frames that carry them. */
  build(peer: DeflatePeer, run: ProbeRun): { contents: readonly Buffer[]; frames: readonly OutgoingFrame[] };
}

/** Each message comes back from a server that echoes, in order, with nothing between. */
function echoed(row: Row): Probe {
  const { build, kind = 'text', offer, pieces, level = MUST, ...question } = row;
  return probe({ ...question, level }, 'the message accepted (seen by its echo)', async (run) => {
    run.require(kind, 'echo');
    const peer = await DeflatePeer.open(run, offer);
    const { contents, frames } = build(peer, run);
    if (pieces === undefined) await peer.connection.sendFrames(...frames);
    else await peer.connection.sendPieces([...frames], pieces, 1);
    for (const [index, content] of contents.entries()) {
      const echo = await peer.receive();
      const which = contents.length === 1 ? '' : `message ${index + 1} of ${contents.length}: `;
      if (typeof echo === 'string') return broken(level, `${which}${echo}`);
      if (echo.opcode !== Opcode[kind] || !echo.content.equals(content))
        return broken(level, `${which}a message of ${echo.content.length} bytes that is not the one sent`);
    }
    const [extra] = run.peerTalks ? [] : messagesIn(await whateverElse(run, peer.connection));
    if (extra !== undefined) return broken(level, `all that was sent, and then a message of ${extra.length} bytes`);
    return pass(contents.length === 1 ? `the echo of ${contents[0]!.length} bytes` : `${contents.length} echoes`);
  });
}

/** One message in one frame, whose data is made in a certain way. */
function form(row: Omit<Row, 'build'>, data: (plain: Buffer) => Buffer, plain = text): Probe {
  const { kind = 'text' } = row;
  const content = Buffer.from(plain);
  return echoed({
    ...row,
    build: () => ({ contents: [content], frames: [compressedFrame(Opcode[kind], data(content))] }),
  });
}

/** The data of one message, cut into frames at these places. */
function fragments(data: Buffer, ...cuts: number[]): OutgoingFrame[] {
  const places = [0, ...cuts, data.length];
  return places.slice(1).map((end, index): OutgoingFrame => {
    const payload = data.subarray(places[index], end);
    const fin = index === places.length - 2;
    return index === 0 ? compressedFrame(Opcode.text, payload, fin) : { opcode: Opcode.continuation, payload, fin };
  });
}

/** What compresses to nothing but a reference to where it stood before. */
const unique = (size: number): Buffer => Buffer.from(randomBytes(size).toString('base64').slice(0, size));

function requireTakeover(peer: DeflatePeer): void {
  if (!peer.agreement.clientTakeover) throw new NotObservable('the server asks for client_no_context_takeover');
}

const forms: readonly Probe[] = [
  form(
    {
      id: 'deflate-text',
      reference: 'RFC 7692 §7.2.2',
      rule: 'takes a compressed text',
      sends: 'a text frame with RSV1',
    },
    (plain) => compressed(plain),
  ),
  form(
    {
      id: 'deflate-binary',
      reference: 'RFC 7692 §7.2.2',
      rule: 'takes a compressed binary message',
      sends: 'a binary frame with RSV1',
      kind: 'binary',
    },
    (plain) => compressed(plain),
  ),
  form(
    {
      id: 'deflate-empty',
      reference: 'RFC 7692 §7.2.3.6',
      rule: 'takes an empty message that is compressed to the byte 00',
      sends: 'a text frame with RSV1 and the payload 00',
    },
    () => Buffer.from([0]),
    '',
  ),
  form(
    {
      id: 'deflate-stored',
      reference: 'RFC 7692 §7.2.3.3',
      rule: 'takes a block without compression',
      sends: 'a text frame with RSV1 whose data is a stored block',
    },
    (plain) => compressed(plain, { level: 0 }),
  ),
  form(
    {
      id: 'deflate-fixed',
      reference: 'RFC 7692 §7.2.3.1',
      rule: 'takes a block with fixed Huffman codes',
      sends: 'a text frame with RSV1 whose data is a block with fixed codes',
    },
    (plain) => compressed(plain, { strategy: constants.Z_FIXED }),
  ),
  form(
    {
      id: 'deflate-dynamic',
      reference: 'RFC 1951 §3.2.7',
      rule: 'takes a block with dynamic Huffman codes',
      sends: 'a text frame with RSV1 whose data is a block with dynamic codes',
    },
    (plain) => compressed(plain, { strategy: constants.Z_HUFFMAN_ONLY }),
    text.repeat(8),
  ),
  form(
    {
      id: 'deflate-blocks',
      reference: 'RFC 7692 §7.2.3.5',
      rule: 'takes a message of several blocks',
      sends: 'a text frame with RSV1 whose data is four blocks',
    },
    (plain) => Buffer.concat([flushed(plain.subarray(0, 100)), flushed(plain.subarray(100)).subarray(0, -4)]),
  ),
  form(
    {
      id: 'deflate-blocks-empty',
      reference: 'RFC 7692 §7.2.3.5',
      rule: 'takes empty blocks behind the data',
      sends: 'a text frame with RSV1 whose data ends with three empty stored blocks',
    },
    (plain) => Buffer.concat([flushed(plain), Buffer.from([0, ...flushMark, 0])]),
  ),
  form(
    {
      id: 'deflate-final',
      reference: 'RFC 7692 §7.2.3.4',
      rule: 'takes a final block (BFINAL 1) with an empty one behind it',
      sends: 'a text frame with RSV1 whose data is a block with BFINAL 1, then 00',
    },
    (plain) => Buffer.concat([deflateRawSync(plain), Buffer.from([0])]),
  ),
  form(
    {
      id: 'deflate-final-inside',
      reference: 'RFC 7692 §7.2.3.4',
      level: SHOULD,
      rule: 'reads on behind a final block in the middle of a message',
      sends: 'a text frame with RSV1 whose data is two blocks with BFINAL 1, then 00',
    },
    (plain) =>
      Buffer.concat([deflateRawSync(plain.subarray(0, 50)), deflateRawSync(plain.subarray(50)), Buffer.from([0])]),
  ),
  form(
    {
      id: 'deflate-pieces',
      reference: 'RFC 6455 §5.2',
      rule: 'takes a compressed message that comes byte by byte',
      sends: 'a text frame with RSV1, in writes of 1 byte',
      pieces: 1,
    },
    (plain) => compressed(plain),
  ),
  form(
    {
      id: 'deflate-negotiated-window',
      reference: 'RFC 7692 §7.1.2.2',
      rule: 'takes messages from a client with a small window',
      sends: 'an offer of client_max_window_bits=9; a text frame with RSV1, compressed with that window',
      offer: 'permessage-deflate; client_max_window_bits=9',
    },
    (plain) => compressed(plain, { windowBits: 9 }),
    text.slice(0, 200),
  ),
];

const several: readonly Probe[] = [
  echoed({
    id: 'deflate-uncompressed',
    reference: 'RFC 7692 §6',
    rule: 'takes an uncompressed message where compression was agreed on',
    sends: 'a text frame without RSV1',
    build: () => ({ contents: [Buffer.from(text)], frames: [{ opcode: Opcode.text, payload: text }] }),
  }),
  echoed({
    id: 'deflate-mixed',
    reference: 'RFC 7692 §6',
    rule: 'takes compressed and uncompressed messages in turn',
    sends: 'text frames with, without, with and without RSV1',
    build: () => ({
      contents: ['one', 'two', 'three', 'four'].map((each) => Buffer.from(each)),
      frames: [
        compressedFrame(Opcode.text, compressed('one')),
        { opcode: Opcode.text, payload: 'two' },
        compressedFrame(Opcode.text, compressed('three')),
        { opcode: Opcode.text, payload: 'four' },
      ],
    }),
  }),
  echoed({
    id: 'deflate-fragments',
    reference: 'RFC 7692 §7.2.1',
    rule: 'puts a compressed message in fragments together before it inflates it',
    sends: 'a text message in three frames, RSV1 on the first',
    build: () => ({ contents: [Buffer.from(text)], frames: fragments(compressed(text), 7, 30) }),
  }),
  echoed({
    id: 'deflate-fragments-empty',
    reference: 'RFC 7692 §7.2.1',
    rule: 'takes empty fragments of a compressed message',
    sends: 'a text message in four frames, RSV1 on the first; the first and the last are empty',
    build: () => {
      const data = compressed(text);
      return { contents: [Buffer.from(text)], frames: fragments(data, 0, 20, data.length) };
    },
  }),
  echoed({
    id: 'deflate-fragments-bytes',
    reference: 'RFC 7692 §7.2.1',
    rule: 'takes a compressed message with a frame for each byte',
    sends: 'a text message in as many frames as its data has bytes, RSV1 on the first',
    build: () => {
      const data = compressed(text);
      const cuts = Array.from({ length: data.length - 1 }, (_, index) => index + 1);
      return { contents: [Buffer.from(text)], frames: fragments(data, ...cuts) };
    },
  }),
  echoed({
    id: 'deflate-fragments-ping',
    reference: 'RFC 6455 §5.4, RFC 7692 §6.1',
    rule: 'takes a ping between the fragments of a compressed message',
    sends: 'a text frame with RSV1, a ping, a continuation frame',
    build: () => {
      const [first, last] = fragments(compressed(text), 20);
      return { contents: [Buffer.from(text)], frames: [first!, { opcode: Opcode.ping, payload: 'between' }, last!] };
    },
  }),
  echoed({
    id: 'deflate-fragments-utf8',
    reference: 'RFC 6455 §8.1, RFC 7692 §6',
    rule: 'judges UTF-8 by the message, not by the fragments of its data',
    sends: 'characters of 2 to 4 bytes in stored blocks, a frame for each 3 bytes',
    build: () => {
      const content = Buffer.from('¢€😀'.repeat(5));
      const data = compressed(content, { level: 0 });
      const cuts = Array.from({ length: Math.ceil(data.length / 3) - 1 }, (_, index) => 3 * (index + 1));
      return { contents: [content], frames: fragments(data, ...cuts) };
    },
  }),
  echoed({
    id: 'deflate-takeover',
    reference: 'RFC 7692 §7.1.1.2, §7.2.2',
    rule: 'keeps the window from one message to the next',
    sends: 'a compressed text, and a second one that refers to it',
    build: (peer) => {
      requireTakeover(peer);
      const content = unique(600);
      const frames = [compressed(content), compressed(content, { dictionary: content })];
      return { contents: [content, content], frames: frames.map((data) => compressedFrame(Opcode.text, data)) };
    },
  }),
  echoed({
    id: 'deflate-takeover-far',
    reference: 'RFC 7692 §7.1.2.2',
    rule: 'keeps a window of 32 KiB where no smaller one was agreed on',
    sends: 'a compressed text of 32000 bytes, and a second one that refers to its beginning',
    build: (peer) => {
      requireTakeover(peer);
      const content = unique(32_000);
      const again = content.subarray(0, 200);
      const frames = [compressed(content), compressed(again, { dictionary: content })];
      return { contents: [content, again], frames: frames.map((data) => compressedFrame(Opcode.text, data)) };
    },
  }),
  echoed({
    id: 'deflate-takeover-uncompressed',
    reference: 'RFC 7692 §7.2.2',
    rule: 'leaves uncompressed messages out of the window',
    sends: 'a compressed text, an uncompressed one, and a compressed one that refers to the first',
    build: (peer) => {
      requireTakeover(peer);
      const [content, between] = [unique(600), unique(100)];
      return {
        contents: [content, between, content],
        frames: [
          compressedFrame(Opcode.text, compressed(content)),
          { opcode: Opcode.text, payload: between },
          compressedFrame(Opcode.text, compressed(content, { dictionary: content })),
        ],
      };
    },
  }),
  echoed({
    id: 'deflate-takeover-control',
    reference: 'RFC 7692 §6.1, §7.2.2',
    rule: 'leaves control frames out of the window',
    sends: 'a compressed text, a ping and a pong, and a compressed text that refers to the first',
    build: (peer) => {
      requireTakeover(peer);
      const content = unique(600);
      return {
        contents: [content, content],
        frames: [
          compressedFrame(Opcode.text, compressed(content)),
          { opcode: Opcode.ping, payload: unique(50) },
          { opcode: Opcode.pong, payload: unique(50) },
          compressedFrame(Opcode.text, compressed(content, { dictionary: content })),
        ],
      };
    },
  }),
  echoed({
    id: 'deflate-takeover-fragments',
    reference: 'RFC 7692 §7.2.2',
    rule: 'keeps the window of a message that came in fragments, for one that does',
    sends: 'a compressed text in two frames, and a second one in two frames that refers to it',
    build: (peer) => {
      requireTakeover(peer);
      const content = unique(600);
      const again = compressed(content, { dictionary: content });
      return { contents: [content, content], frames: [...fragments(compressed(content), 99), ...fragments(again, 2)] };
    },
  }),
  echoed({
    id: 'deflate-no-takeover',
    reference: 'RFC 7692 §7.1.1.2',
    rule: 'takes messages that do not refer to each other',
    sends: 'an offer of client_no_context_takeover; the same text three times, compressed alone each time',
    offer: 'permessage-deflate; client_no_context_takeover',
    build: () => {
      const content = Buffer.from(text);
      const frame = compressedFrame(Opcode.text, compressed(content));
      return { contents: [content, content, content], frames: [frame, frame, frame] };
    },
  }),
  echoed({
    id: 'deflate-messages-500',
    reference: 'RFC 7692 §7.2.2',
    rule: 'takes many compressed messages back to back',
    sends: '500 compressed texts in one write',
    build: () => {
      const contents = Array.from({ length: 500 }, (_, index) => Buffer.from(`message ${index} of many`));
      return { contents, frames: contents.map((each) => compressedFrame(Opcode.text, compressed(each))) };
    },
  }),
];

export const deflateMessageProbes: readonly Probe[] = [...forms, ...several];
