/** permessage-deflate of the faulty server, on zlib alone: correct, or with exactly one fault (RFC 7692). */
import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/** What a faulty server does otherwise. */
export interface DeflateFault {
  /** Changes the answer to the offers; `undefined`: none. A status refuses the handshake. */
  answers?(offers: string, answer: string | number | undefined): string | number | undefined;
  /** Inflates this text instead of what stands there. */
  inflates?(plain: Buffer, count: number): Buffer;
  /** Inflates every message without the ones before it. */
  forgets?: true;
  /** Looks back at no more than this many bytes of the client's. */
  remembersBytes?: number;
  /** Takes uncompressed messages into the client's window. */
  remembersPlain?: true;
  /** Overlooks that data is not valid; a message of nothing stands for it. */
  overlooks?(data: Buffer): boolean;
  /** Refuses data that is valid. */
  refuses?(data: Buffer, plain: Buffer, count: number): boolean;
  /** Looks back this far, in bits, whatever was agreed on, and from message to message. */
  looksBack?: number;
  /** Compresses as if the client had this text. */
  imagines?: Buffer;
  /** Changes the data that it sends. */
  sends?(data: Buffer): Buffer;
}

const maxMessage = 2 ** 24;
const mark = Buffer.from([0, 0, 0xff, 0xff]);
const finalBlock = Buffer.from([1, 0, 0, 0xff, 0xff]);
const token = "[!#$%&'*+\\-.^_`|~\\w]+";
const offerForm = new RegExp(`^\\s*${token}\\s*(?:;\\s*${token}\\s*(?:=\\s*(?:${token}|"${token}")\\s*)?)*$`);

/** The answer to offers, without quoted commas: a text, a status, or nothing when all are declined. */
export function answerOffers(offers: string): string | number | undefined {
  const list = offers.split(',').filter((offer) => offer.trim() !== '');
  if (!list.every((offer) => offerForm.test(offer))) return 400;
  for (const offer of list) {
    const answer = answerOffer(offer.split(';').map((part) => part.trim()));
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function answerOffer([name, ...parts]: readonly string[]): string | undefined {
  if (name !== 'permessage-deflate') return undefined;
  const given = new Map<string, string | undefined>();
  for (const part of parts) {
    const [, key, value] = /^([^=\s]+)\s*(?:=\s*"?([^"]*)"?)?$/.exec(part)!;
    if (given.has(key!)) return undefined;
    given.set(key!, value);
  }
  const answer = [name];
  for (const [key, value] of given) {
    const isWindow = key === 'server_max_window_bits' || key === 'client_max_window_bits';
    const isTakeover = key === 'server_no_context_takeover' || key === 'client_no_context_takeover';
    if (!isWindow && !isTakeover) return undefined;
    if (isTakeover && value !== undefined) return undefined;
    if (isWindow && !/^(8|9|1[0-5])$/.test(value ?? (key.startsWith('client') ? '15' : ''))) return undefined;
    if (value !== undefined || isTakeover) answer.push(value === undefined ? key : `${key}=${value}`);
  }
  return answer.join('; ');
}

/** Why a message cannot be inflated. */
export class InflateProblem extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`close with ${code}`);
    this.code = code;
  }
}

export class FaultyDeflate {
  readonly #fault: DeflateFault;
  readonly #serverBits: number;
  readonly #serverTakeover: boolean;
  #received: Buffer = Buffer.alloc(0);
  #sent: Buffer = Buffer.alloc(0);
  #count = 0;

  constructor(answer: string, fault: DeflateFault) {
    this.#fault = fault;
    this.#serverBits = fault.looksBack ?? Number(/server_max_window_bits="?(\d+)/.exec(answer)?.[1] ?? 15);
    this.#serverTakeover = fault.looksBack !== undefined || !answer.includes('server_no_context_takeover');
  }

  /** A message that came as it is. */
  plain(content: Buffer): void {
    if (this.#fault.remembersPlain) this.#received = Buffer.concat([this.#received, content]);
  }

  /** @throws {InflateProblem} */
  inflate(data: Buffer): Buffer {
    const count = ++this.#count;
    let plain: Buffer;
    try {
      plain = this.#inflate(data);
    } catch (error) {
      if (this.#fault.overlooks?.(data)) return Buffer.alloc(0);
      throw new InflateProblem((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 1009 : 1007);
    }
    if (this.#fault.refuses?.(data, plain, count)) throw new InflateProblem(1007);
    if (!this.#fault.forgets) {
      this.#received = Buffer.concat([this.#received, plain]).subarray(-(this.#fault.remembersBytes ?? 32768));
    }
    return this.#fault.inflates?.(plain, count) ?? plain;
  }

  #inflate(data: Buffer): Buffer {
    const pieces: Buffer[] = [];
    let rest = Buffer.concat([data, mark, finalBlock]);
    let size = 0;
    while (rest.length > 0 && rest.length !== mark.length + finalBlock.length) {
      if (pieces.length > 1000) throw new InflateProblem(1009);
      const dictionary = Buffer.concat([this.#received, ...pieces]).subarray(-32768);
      const { buffer, engine } = inflateRawSync(rest, {
        info: true,
        maxOutputLength: maxMessage - size,
        ...(dictionary.length > 0 && { dictionary }),
      }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
      pieces.push(buffer);
      size += buffer.length;
      rest = rest.subarray(engine.bytesWritten);
    }
    return Buffer.concat(pieces);
  }

  /** zlib cannot look back 2^8 bytes: then it does not look back at all. */
  deflate(plain: Buffer): Buffer {
    const window = this.#fault.imagines ?? this.#sent;
    const data = deflateRawSync(plain, {
      windowBits: Math.max(9, this.#serverBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#serverBits === 8 ? { strategy: constants.Z_HUFFMAN_ONLY } : {}),
      ...(window.length > 0 && { dictionary: window }),
    }).subarray(0, -mark.length);
    if (this.#serverTakeover) this.#sent = Buffer.concat([this.#sent, plain]).subarray(-(2 ** this.#serverBits));
    return this.#fault.sends?.(data) ?? data;
  }
}
