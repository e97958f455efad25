/** What a server itself sends where compression was agreed on (RFC 7692 §6, §7.2.1). */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { isControlOpcode, Opcode } from '../../protocol/framing/opcode.js';
import { messagesIn, whateverElse } from '../exchange.js';
import type { Finding } from '../probe.js';
import type { Probe, ProbeRun } from '../probe-run.js';
import { DeflatePeer, flushMark, type InflatedMessage } from './deflate-peer.js';
import { broken, notObservable, pass, probe } from './probe-shapes.js';

const MUST = 'MUST';
const SHOULD = 'SHOULD';

/** Large enough for a server that leaves small messages as they are, and worth compressing. */
const text = (size = 2000): Buffer =>
  Buffer.from(`${randomBytes(Math.ceil(size / 2)).toString('hex')}${'='.repeat(200)}`);

/** Sends texts as they are, one after the other; the echoes, or why there are none. */
async function echoes(
  run: ProbeRun,
  peer: DeflatePeer,
  contents: readonly Buffer[],
): Promise<InflatedMessage[] | string> {
  run.require('text', 'echo');
  const messages: InflatedMessage[] = [];
  for (const [index, payload] of contents.entries()) {
    await peer.connection.sendFrames({ opcode: Opcode.text, payload });
    const echo = await peer.receive();
    if (typeof echo === 'string') return `echo ${index + 1}: ${echo}`;
    if (!echo.content.equals(payload)) return `echo ${index + 1} is not what was sent`;
    messages.push(echo);
  }
  const [extra] = run.peerTalks ? [] : messagesIn(await whateverElse(run, peer.connection));
  if (extra !== undefined) return `every echo, and then a message of ${extra.length} bytes`;
  return messages;
}

/** Every echo has to be what was sent, read by the rules of what was agreed on. */
async function readable(run: ProbeRun, offer: string, contents: readonly Buffer[]): Promise<Finding> {
  const messages = await echoes(run, await DeflatePeer.open(run, offer), contents);
  if (typeof messages === 'string') return broken(MUST, messages);
  const count = messages.filter(({ isCompressed }) => isCompressed).length;
  if (count === 0) return notObservable('the server compresses none of its echoes');
  return pass(`${count} of ${messages.length} echoes were compressed, and could be read`);
}

/** What stands `distance` bytes behind its like: a larger window shows. */
function farApart(distance: number): Buffer {
  const head = randomBytes(150).toString('hex');
  return Buffer.from(`${head}${randomBytes(distance).toString('base64').slice(0, distance)}${head}`);
}

const windows: readonly Probe[] = [8, 9, 10, 12, 14].map((bits) =>
  probe(
    {
      id: `deflate-own-window-${bits}`,
      reference: 'RFC 7692 §7.1.2.1',
      level: MUST,
      rule: `looks back no farther than the window of 2^${bits} bytes that was agreed on`,
      sends: `an offer of server_max_window_bits=${bits}; texts that are worth a look farther back`,
    },
    'echoes that can be inflated with that window',
    (run) => {
      const content = farApart(2 ** bits + 300);
      return readable(run, `permessage-deflate; server_max_window_bits=${bits}`, [content, content]);
    },
  ),
);

const others: readonly Probe[] = [
  probe(
    {
      id: 'deflate-own-messages',
      reference: 'RFC 7692 §7.2.1',
      level: MUST,
      rule: 'compresses its messages so that they can be read with the window that both keep',
      sends: 'three texts, two of which are the same',
    },
    'echoes that can be inflated',
    (run) => {
      const content = text();
      return readable(run, 'permessage-deflate', [content, text(), content]);
    },
  ),
  probe(
    {
      id: 'deflate-own-no-takeover',
      reference: 'RFC 7692 §7.1.1.1',
      level: MUST,
      rule: 'compresses each message on its own when that was agreed on',
      sends: 'an offer of server_no_context_takeover; the same text three times',
    },
    'echoes that can be inflated without the ones before',
    (run) => {
      const content = text();
      return readable(run, 'permessage-deflate; server_no_context_takeover', [content, content, content]);
    },
  ),
  probe(
    {
      id: 'deflate-own-trailer',
      reference: 'RFC 7692 §7.2.1',
      level: MUST,
      rule: 'removes the 00 00 FF FF from the end of its compressed messages',
      sends: 'a text',
    },
    'an echo whose data does not end with 00 00 FF FF',
    async (run) => {
      const messages = await echoes(run, await DeflatePeer.open(run), [text()]);
      if (typeof messages === 'string') return broken(MUST, messages);
      const [{ isCompressed, data }] = messages as [InflatedMessage];
      if (!isCompressed) return notObservable('the server does not compress its echo');
      const isThere = data.subarray(-flushMark.length).equals(Buffer.from(flushMark));
      return isThere ? broken(MUST, 'data that ends with 00 00 ff ff') : pass(`${data.length} bytes without it`);
    },
  ),
  probe(
    {
      id: 'deflate-own-empty',
      reference: 'RFC 7692 §7.2.3.6',
      level: SHOULD,
      rule: 'sends an empty message uncompressed, or as data that stands for nothing',
      sends: 'an empty text',
    },
    'an empty text frame without RSV1, or one with RSV1 and data, such as 00',
    async (run) => {
      const messages = await echoes(run, await DeflatePeer.open(run), [Buffer.alloc(0)]);
      if (typeof messages === 'string') return broken(SHOULD, messages);
      const [{ isCompressed, data }] = messages as [InflatedMessage];
      if (isCompressed && data.length === 0) return broken(SHOULD, 'RSV1 on a message without data');
      return pass(isCompressed ? `${data.length} bytes of data` : 'an uncompressed message');
    },
  ),
  probe(
    {
      id: 'deflate-own-rsv',
      reference: 'RFC 7692 §6.1',
      level: MUST,
      rule: 'sets no reserved bit but RSV1, and that on the first frame of a message only',
      sends: 'a text of 100000 bytes, and a ping',
    },
    'RSV1 on text frames at most',
    async (run) => {
      run.require('text', 'accepted');
      const { connection } = await DeflatePeer.open(run);
      const { frames } = await run.watch(connection, [
        { opcode: Opcode.text, payload: text(100_000) },
        { opcode: Opcode.ping, payload: 'a ping' },
      ]);
      const wrong = frames.find(
        ({ opcode, rsv }) => rsv !== 0 && (rsv !== 4 || isControlOpcode(opcode) || opcode === Opcode.continuation),
      );
      if (wrong === undefined) return pass(`${frames.length} frames without such a bit`);
      return broken(MUST, `reserved bits ${wrong.rsv.toString(2).padStart(3, '0')} on opcode ${wrong.opcode}`);
    },
  ),
];

export const deflateOwnProbes: readonly Probe[] = [...others, ...windows];
