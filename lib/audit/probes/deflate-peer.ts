/** The client's side of permessage-deflate for probes (RFC 7692): what was agreed on, and messages in both directions. */
import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { isControlOpcode, Opcode } from '../../protocol/framing/opcode.js';
import { type Extension, parseExtensionList } from '../../protocol/handshake/extension-list.js';
import type { Head } from '../../protocol/http/head.js';
import { Violation } from '../../protocol/rules.js';
import { NotObservable, type ProbeRun } from '../probe-run.js';
import type { IncomingFrame, OutgoingFrame, RawConnection } from '../raw-connection.js';
import { describeStatus } from '../refusal.js';
import { offeringExtensions } from './request-mutations.js';

/** What both sides keep to. */
export interface DeflateAgreement {
  readonly serverTakeover: boolean;
  readonly clientTakeover: boolean;
  readonly serverBits: number;
  readonly clientBits: number;
}

export type DeflateAnswer =
  | { readonly kind: 'agreed'; readonly agreement: DeflateAgreement; readonly text: string }
  | { readonly kind: 'declined' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** A message of the server's. */
export interface InflatedMessage {
  readonly opcode: number;
  readonly content: Buffer;
  readonly isCompressed: boolean;
  /** As it came: compressed, if it was. */
  readonly data: Buffer;
}

/** How a sync flush ends; the sender removes it, the receiver puts it back (RFC 7692 §7.2.1, §7.2.2). */
export const flushMark: readonly number[] = [0x00, 0x00, 0xff, 0xff];
const RSV1 = 4;
/** What is inflated of one message: more than any echo is long. */
const maxInflated = 16 * 2 ** 20;
/** The smallest that zlib has: a distance may then exceed the window by no more. */
const strictChunk = 64;

const noValue: ReadonlySet<string> = new Set(['server_no_context_takeover', 'client_no_context_takeover']);
const windows: ReadonlySet<string> = new Set(['server_max_window_bits', 'client_max_window_bits']);

/** Judges the answer to offers of permessage-deflate; `offers`: those that the server may accept. */
export function readAnswer(head: Head, offers: string): DeflateAnswer {
  const values = head.values('sec-websocket-extensions');
  if (values.length === 0) return { kind: 'declined' };
  const text = values.join(', ');
  let answers: Extension[];
  try {
    answers = parseExtensionList(text);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { kind: 'wrong', problem: `Sec-WebSocket-Extensions: ${text}, which breaks the grammar` };
  }
  const [answer] = answers;
  const problems = parseExtensionList(offers).map((offer) =>
    answers.length > 1 ? 'more than one extension' : misfit(answer!, offer),
  );
  if (!problems.includes(undefined)) {
    return { kind: 'wrong', problem: `Sec-WebSocket-Extensions: ${text}: ${[...new Set(problems)].join('; ')}` };
  }
  const given = new Map(answer!.parameters);
  const agreement = {
    serverTakeover: !given.has('server_no_context_takeover'),
    clientTakeover: !given.has('client_no_context_takeover'),
    serverBits: Number(given.get('server_max_window_bits') ?? 15),
    clientBits: Number(given.get('client_max_window_bits') ?? 15),
  };
  return { kind: 'agreed', agreement, text };
}

/** Why an answer does not fit an offer (RFC 7692 §7.1). */
function misfit(answer: Extension, offer: Extension): string | undefined {
  if (answer.name !== offer.name) return `${answer.name} was not offered`;
  const given = new Map(answer.parameters);
  const offered = new Map(offer.parameters);
  if (given.size < answer.parameters.length) return 'a parameter twice';
  for (const [name, value] of given) {
    if (!noValue.has(name) && !windows.has(name)) return `${name} is not a parameter of permessage-deflate`;
    if (noValue.has(name) && value !== undefined) return `${name} has no value`;
    if (windows.has(name) && !/^(?:[89]|1[0-5])$/.test(value ?? '')) return `${name} is a number from 8 to 15`;
  }
  if (given.has('client_max_window_bits') && !offered.has('client_max_window_bits'))
    return 'client_max_window_bits was not offered';
  if (offered.has('server_no_context_takeover') && !given.has('server_no_context_takeover'))
    return 'server_no_context_takeover is missing';
  for (const name of windows) {
    const most = offered.get(name);
    // What the client says of its own window is a hint, which needs no answer (RFC 7692 §7.1.2.2).
    if (most === undefined || (name === 'client_max_window_bits' && !given.has(name))) continue;
    if (!given.has(name)) return `${name} is missing`;
    if (Number(given.get(name)) > Number(most)) return `${name} is above ${most}`;
  }
  return undefined;
}

/** Data that stands for these bytes: complete blocks, without the mark at their end. */
export function compressed(payload: string | Uint8Array, options: ZlibOptions = {}): Buffer {
  return flushed(payload, options).subarray(0, -flushMark.length);
}

/** As `compressed`, with the mark: more blocks can follow it. */
export function flushed(payload: string | Uint8Array, options: ZlibOptions = {}): Buffer {
  return deflateRawSync(payload, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
}

/** The first frame, or the only one, of a compressed message. */
export function compressedFrame(opcode: number, data: Uint8Array, fin = true): OutgoingFrame {
  return { opcode, payload: data, rsv: RSV1, fin };
}

/** A connection that has agreed on permessage-deflate. */
export class DeflatePeer {
  readonly connection: RawConnection;
  readonly agreement: DeflateAgreement;
  readonly #run: ProbeRun;
  /** The end of what the server has compressed so far. */
  #window: Buffer = Buffer.alloc(0);

  private constructor(run: ProbeRun, connection: RawConnection, agreement: DeflateAgreement) {
    this.#run = run;
    this.connection = connection;
    this.agreement = agreement;
  }

  /** @throws {NotObservable} when the server declines the offer, or does not get that far */
  static async open(run: ProbeRun, offer = 'permessage-deflate'): Promise<DeflatePeer> {
    const { connection, outcome } = await run.handshake(offeringExtensions(offer));
    if (outcome.kind !== 'response') throw new NotObservable(`the opening handshake failed: ${outcome.got}`);
    if (outcome.status.status !== 101)
      throw new NotObservable(`the opening handshake was answered with ${describeStatus(outcome.status)}`);
    const answer = readAnswer(outcome.head, offer);
    if (answer.kind === 'declined') throw new NotObservable(`the server declines ${offer}`);
    if (answer.kind === 'wrong') throw new NotObservable(`the offer ${offer} was answered with ${answer.problem}`);
    return new DeflatePeer(run, connection, answer.agreement);
  }

  /** Waits for the server's next message; a text says why there is none. */
  async receive(): Promise<InflatedMessage | string> {
    const frames: IncomingFrame[] = [];
    do {
      const received = await this.#run.await(this.connection, ({ opcode }) => !isControlOpcode(opcode));
      if (typeof received === 'string') return received;
      if (frames.length > 0 && received.opcode !== Opcode.continuation) return 'a message inside another one';
      frames.push(received);
    } while (!frames.at(-1)!.fin);
    const { opcode, rsv } = frames[0]!;
    const data = Buffer.concat(frames.map(({ payload }) => payload));
    if (frames.slice(1).some((frame) => frame.rsv !== 0)) return 'a continuation frame with a reserved bit';
    if (rsv === 0) return { opcode, content: data, isCompressed: false, data };
    if (rsv !== RSV1) return 'a frame with RSV2 or RSV3';
    const content = this.#inflate(data);
    return typeof content === 'string' ? content : { opcode, content, isCompressed: true, data };
  }

  /** In the smallest pieces: what looks farther back than the window that was agreed on is an error then. */
  #inflate(data: Buffer): Buffer | string {
    const { serverBits, serverTakeover } = this.agreement;
    let content: Buffer;
    try {
      content = inflateRawSync(Buffer.concat([data, Buffer.from(flushMark)]), {
        windowBits: serverBits,
        chunkSize: strictChunk,
        maxOutputLength: maxInflated,
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(this.#window.length > 0 && { dictionary: this.#window }),
      });
    } catch (error) {
      return `a compressed message that cannot be inflated: ${(error as Error).message}`;
    }
    if (serverTakeover) this.#window = Buffer.concat([this.#window, content]).subarray(-(2 ** serverBits));
    return content;
  }
}
