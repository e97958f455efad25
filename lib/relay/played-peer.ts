/** A peer that plays its part of a transcript: a stream in the place of a socket. */
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import { handshakeAccept } from '../protocol/handshake/client.js';
import { type Field, listElements } from '../protocol/http/field.js';
import { type Head, HeadReader, parseStatusLine } from '../protocol/http/head.js';
import { Violation } from '../protocol/rules.js';
import { passedHeadLimits } from './request-head.js';
import type { PlayedConnection, PlayedPiece } from './transcript-parts.js';

/** What a part is made of. */
interface Part {
  /** What is sent before anything has come. */
  readonly first: Buffer | undefined;
  /** Reads the head of the other side. */
  readonly reader: HeadReader;
  /** @returns what is played once that head is there; `undefined` when another follows */
  answer(head: Head | undefined): readonly PlayedPiece[] | undefined;
}

/** Plays one part. It is what a socket is to whoever reads and writes it. */
class PlayedPeer extends Duplex {
  readonly #part: Part;
  readonly #atOnce: boolean;
  #timer: NodeJS.Timeout | undefined;
  #isPlaying = false;
  #isOver = false;

  constructor(part: Part, atOnce: boolean) {
    super({ allowHalfOpen: true });
    this.#part = part;
    this.#atOnce = atOnce;
    if (part.first !== undefined) this.push(part.first);
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    if (!this.#isPlaying) this.#readHead(bytes);
    taken();
  }

  /** The other side has ended: so does this one, unless its part goes on. */
  override _final(done: () => void): void {
    if (!this.#isPlaying || this.#isOver) this.#end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    done(error);
  }

  #readHead(bytes: Buffer): void {
    const { reader } = this.#part;
    try {
      for (let at = 0; at < bytes.length; ) {
        at = reader.push(bytes, at, bytes.length);
        if (reader.head === undefined) continue;
        const pieces = this.#part.answer(reader.head);
        if (pieces !== undefined) return this.#play(pieces);
        reader.skipHead();
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#play(this.#part.answer(undefined) ?? []);
    }
  }

  #play(pieces: readonly PlayedPiece[]): void {
    this.#isPlaying = true;
    const start = performance.now();
    let next = 0;
    const go = (): void => {
      for (; next < pieces.length; next++) {
        const { time, bytes, ended } = pieces[next]!;
        const wait = this.#atOnce ? 0 : start + time - performance.now();
        if (wait > 0) {
          this.#timer = setTimeout(go, Math.ceil(wait));
          return;
        }
        if (bytes.length > 0) this.push(bytes);
        if (ended !== undefined) return this.#finish(ended);
      }
      this.#isOver = true;
      if (this.writableFinished) this.#end();
    };
    go();
  }

  #finish(how: string): void {
    if (how === 'end') return this.#end();
    // Behind what has been pushed: an error overtakes it.
    this.#isOver = true;
    setImmediate(() => this.destroy(Object.assign(new Error(how), { code: how })));
  }

  #end(): void {
    this.#isOver = true;
    if (!this.readableEnded && !this.destroyed) this.push(null);
  }
}

/** The server of a recorded connection, for a client that asks now. */
export function playServer(connection: PlayedConnection, atOnce: boolean): Duplex {
  const { response, fromServer, plainFromServer } = connection;
  return new PlayedPeer(
    {
      first: undefined,
      reader: new HeadReader(passedHeadLimits, () => {}, false),
      answer: (request) => {
        if (response === undefined) return fromServer;
        const asks = (name: string): string[] => request?.values(name) ?? [];
        const inflates = response.fields.some(([name]) => name.toLowerCase() === 'sec-websocket-extensions');
        const plain = inflates && !/permessage-deflate/.test(asks('sec-websocket-extensions').join(','));
        const fields = response.fields.flatMap((field) => answerField(field, asks, plain));
        const { version, status, message } = response;
        const head = encodeHead(`HTTP/${version} ${status} ${message}`, fields);
        return [{ time: 0, bytes: head }, ...(plain ? plainFromServer : fromServer)];
      },
    },
    atOnce,
  );
}

/** A field of the recorded response, as it answers this request. */
function answerField([name, value]: Field, asks: (name: string) => string[], plain: boolean): Field[] {
  switch (name.toLowerCase()) {
    case 'sec-websocket-accept':
      return [[name, handshakeAccept(asks('sec-websocket-key')[0] ?? '')]];
    case 'sec-websocket-extensions':
      return plain ? [] : [[name, value]];
    case 'sec-websocket-protocol':
      return asks('sec-websocket-protocol').flatMap(listElements).includes(value) ? [[name, value]] : [];
    default:
      return [[name, value]];
  }
}

/** The client of a recorded connection, for a server that is there now; its keys are those of the transcript. */
export function playClient({ request, fromClient }: PlayedConnection, atOnce: boolean): Duplex {
  return new PlayedPeer(
    {
      first: encodeHead(request!.startLine, request!.fields),
      reader: new HeadReader(passedHeadLimits),
      answer: (response) => {
        const { status } = response === undefined ? { status: 0 } : parseStatusLine(response.startLine);
        if (status >= 100 && status < 200 && status !== 101) return undefined;
        return status === 101 ? fromClient : [{ time: 0, bytes: Buffer.alloc(0), ended: 'end' }];
      },
    },
    atOnce,
  );
}

function encodeHead(startLine: string, fields: readonly Field[]): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${startLine.trimEnd()}\r\n${lines.join('')}\r\n`, 'latin1');
}
