/** Runs a stream of `vectors.ts` through a session, cut into any chunks. */
import { Buffer } from 'node:buffer';
import { Driven, fromHex, goodHead } from '../protocol/drive.js';
import { toyExtension } from './toy-extension.js';
import type { BadStream, GoodStream } from './vectors.js';

/** What a stream led to. */
export interface Outcome {
  /** What was reported, the end of the connection after the last byte included. */
  readonly events: readonly string[];
  /** The frames that were sent. */
  readonly answers: readonly string[];
}

export class Stream {
  readonly #stream: BadStream | GoodStream;
  /** The response head that a stream without one of its own starts with; empty for a server. */
  readonly givenHead: Buffer;
  /** The bytes that are worth cutting. */
  readonly bytes: Buffer;

  constructor(stream: BadStream | GoodStream) {
    this.#stream = stream;
    const usual = goodHead(...(stream.extension ? ['Sec-WebSocket-Extensions: toy'] : []));
    const given = stream.role === 'server' || stream.head !== undefined ? '' : usual;
    this.givenHead = Buffer.from(given, 'latin1');
    this.bytes = Buffer.concat([Buffer.from(stream.head ?? '', 'latin1'), fromHex(stream.bytes ?? '')]);
  }

  /** Runs the bytes cut at these positions; `joined`: the given head is in one chunk with what follows it. */
  run(cuts: readonly number[], { observed = false, joined = false } = {}): Outcome {
    const { role, limits, subprotocols, extension } = this.#stream;
    const driven = new Driven({
      server: role === 'server',
      ...(limits === undefined ? {} : { limits }),
      ...(subprotocols === undefined ? {} : { subprotocols }),
      ...(extension === undefined ? {} : { extension: toyExtension() }),
      observed,
    });
    const bytes = joined ? Buffer.concat([this.givenHead, this.bytes]) : this.bytes;
    if (!joined) driven.receive(this.givenHead);
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      driven.receive(bytes.subarray(from, to));
      from = to;
    }
    driven.session.receiveEnd();
    return { events: driven.events, answers: driven.sentLines() };
  }
}

/** Every position between the first and the last byte. */
export function everyCut(bytes: Buffer): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => at + 1);
}
