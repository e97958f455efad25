/** permessage-deflate of a client that offers it (RFC 7692 §7): answers that it has to refuse, and compressed messages. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Opcode } from '../../protocol/framing/opcode.js';
import { parseExtensionList } from '../../protocol/handshake/extension-list.js';
import type { Head } from '../../protocol/http/head.js';
import type { Mutation, Probe } from '../probe-run.js';
import { NotObservable } from '../probe-run.js';
import { compressed, compressedFrame } from '../probes/deflate-peer.js';
import { judgeFailure } from '../probes/probe-shapes.js';
import { added } from '../probes/request-mutations.js';
import type { OutgoingFrame } from '../raw-connection.js';
import { clientProbe, refusesResponse, takesFrames } from './client-run.js';

const MUST = 'MUST';
const name = 'permessage-deflate';

/** The answer to an offer, or why there is none: one that asks nothing of the server can be answered with the name. */
function answering(...answers: string[]): (head: Head) => Mutation | string {
  return (head) => {
    const offers = parseExtensionList(head.values('sec-websocket-extensions').join(',') || 'none');
    const deflate = offers.filter((offer) => offer.name === name);
    if (deflate.length === 0) return `the client does not offer ${name}`;
    const isPlain = deflate.some(({ parameters }) => parameters.every(([key]) => key.startsWith('client_')));
    if (!isPlain) return `the client asks for parameters with ${name}`;
    return added(...answers.map((answer) => ['Sec-WebSocket-Extensions', answer] as const));
  };
}

const wrong: readonly (readonly [id: string, what: string, answers: readonly string[]])[] = [
  ['parameter', 'a parameter that does not exist', [`${name}; x-audit=1`]],
  ['server-window-7', 'a server window of 7 bits', [`${name}; server_max_window_bits=7`]],
  ['server-window-16', 'a server window of 16 bits', [`${name}; server_max_window_bits=16`]],
  ['server-window-empty', 'a server window without a value', [`${name}; server_max_window_bits`]],
  ['server-window-zero', 'a server window with a leading zero', [`${name}; server_max_window_bits=010`]],
  ['client-window-empty', 'a client window without a value', [`${name}; client_max_window_bits`]],
  ['client-window-7', 'a client window of 7 bits', [`${name}; client_max_window_bits=7`]],
  ['client-window-16', 'a client window of 16 bits', [`${name}; client_max_window_bits=16`]],
  ['takeover-value', 'server_no_context_takeover with a value', [`${name}; server_no_context_takeover=1`]],
  ['doubled', 'a parameter twice', [`${name}; server_no_context_takeover; server_no_context_takeover`]],
  ['twice', 'the extension twice', [name, name]],
];

/** The keys of the text before stay in the window: the second message refers to the first. */
function twice(): OutgoingFrame[] {
  const content = Buffer.from(randomBytes(300).toString('hex'));
  return [compressed(content), compressed(content, { dictionary: content })].map((data) =>
    compressedFrame(Opcode.text, data),
  );
}

type FrameRow = readonly [id: string, what: string, frames: () => readonly OutgoingFrame[]];

const taken: readonly FrameRow[] = [
  ['text', 'a compressed text', () => [compressedFrame(Opcode.text, compressed('compressed '.repeat(20)))]],
  ['uncompressed', 'an uncompressed text', () => [{ opcode: Opcode.text, payload: 'as it is' }]],
  ['empty', 'an empty text, compressed to 00', () => [compressedFrame(Opcode.text, Buffer.of(0))]],
  [
    'fragments',
    'a compressed text in two frames',
    () => {
      const data = compressed('compressed '.repeat(20));
      return [
        compressedFrame(Opcode.text, data.subarray(0, 9), false),
        { opcode: Opcode.continuation, payload: data.subarray(9) },
      ];
    },
  ],
  ['takeover', 'a compressed text that refers to the one before', twice],
];

const refused: readonly (readonly [...FrameRow, codes: readonly number[]])[] = [
  ['rsv1-ping', 'a ping with RSV1', () => [{ opcode: Opcode.ping, payload: 'a ping', rsv: 4 }], [1002]],
  [
    'rsv1-continuation',
    'a continuation frame with RSV1',
    () => [
      { opcode: Opcode.text, payload: 'plain', fin: false },
      { opcode: Opcode.continuation, payload: 'late', rsv: 4 },
    ],
    [1002],
  ],
  ['rsv2', 'a text frame with RSV2', () => [{ opcode: Opcode.text, payload: 'odd', rsv: 2 }], [1002]],
  ['data', 'data that is not DEFLATE', () => [compressedFrame(Opcode.text, Buffer.of(0x06))], [1007, 1002]],
  [
    'utf8',
    'a compressed text that is not UTF-8',
    () => [compressedFrame(Opcode.text, compressed(Buffer.from('no text: \xff', 'latin1')))],
    [1007],
  ],
];

export const clientDeflateProbes: readonly Probe[] = [
  ...wrong.map(([id, what, answers]) =>
    refusesResponse(
      {
        id: `deflate-answer-${id}`,
        reference: 'RFC 7692 §5.1, §7.1',
        level: MUST,
        rule: `fails the connection on an answer to ${name} with ${what}`,
        sends: answers.map((answer) => `Sec-WebSocket-Extensions: ${answer}`).join(' and '),
      },
      answering(...answers),
    ),
  ),
  ...taken.map(([id, what, frames]) =>
    takesFrames(
      { id: `deflate-${id}`, reference: 'RFC 7692 §6, §7.2.2', level: MUST, rule: `takes ${what}`, sends: what },
      frames,
      answering(name),
    ),
  ),
  ...refused.map(([id, what, frames, codes]) =>
    clientProbe(
      {
        id: `deflate-refuses-${id}`,
        reference: 'RFC 7692 §6.1, §7.2.2',
        level: MUST,
        rule: `fails the connection on ${what}`,
        sends: `${what}, then a ping`,
      },
      `the connection failed: a Close frame with ${codes.join(' or ')}, then the end of TCP; or only that`,
      async (run) => {
        const connection = await run.open((response) => {
          const mutate = answering(name)(run.head!);
          if (typeof mutate === 'string') throw new NotObservable(mutate);
          return mutate(response);
        });
        return judgeFailure(await run.watch(connection, frames()), MUST, codes, 'client');
      },
    ),
  ),
];
