/** A connection that the program brings, as a socket. Loaded only for those. */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { printable, shorten } from '../../protocol/printable.js';
import { option, type Sentence, sentence } from '../../protocol/sentence.js';
import { FailureError } from '../failure.js';
import { type ConnectionSource, isDuplexLike } from './duplex-like.js';

/**
 * The stream that a source gives. A socket of Node is taken as it is.
 *
 * @throws {FailureError} there is none, it has ended, or it does not carry bytes
 */
export async function bringStream(source: ConnectionSource): Promise<Socket> {
  let given: unknown;
  try {
    given = typeof source === 'function' ? await source() : source;
  } catch (cause) {
    const why = printable(shorten(String((cause as Error | undefined)?.message ?? cause), 200));
    throw unfit(sentence`the function failed: ${why}`, cause);
  }
  if (!isDuplexLike(given)) throw unfit(['expected a Duplex stream, the function gave something else']);
  const stream = given as unknown as Duplex;
  if (stream.destroyed || stream.readableEnded || stream.writableEnded) throw unfit(['the stream has ended already']);
  if (stream.readableEncoding != null) throw unfit(['expected a stream of bytes, its encoding was set (setEncoding)']);
  if (stream instanceof Socket) return stream;
  // What is used of it, a stream has: see `Connection`, `Inbox`, `Outbox` and `Dial`.
  return new BroughtStream(stream) as unknown as Socket;
}

function unfit(problem: Sentence, cause?: unknown): FailureError {
  const text = sentence`the option ${option('connection')}: ${problem}`;
  return new FailureError({ kind: 'tcp', sentence: text, status: 0, attempted: true, cause });
}

/**
 * A stream of the program between two turns: what goes through it neither runs inside a call of ours, as the two ends of
 * a pair in memory do, nor is it memory that is written to again.
 */
class BroughtStream extends Duplex {
  readonly #inner: Duplex;

  constructor(inner: Duplex) {
    super({ allowHalfOpen: true });
    this.#inner = inner;
    inner.on('data', (chunk: unknown) => this.#receive(chunk));
    inner.on('end', () => process.nextTick(() => this.push(null)));
    inner.on('error', (error: Error) => process.nextTick(() => this.destroy(error)));
    inner.on('close', () => process.nextTick(() => this.#closed()));
  }

  /** As a socket has it. */
  setNoDelay(): this {
    return this;
  }

  /** Whether the process waits for it is the stream's matter, where it has one. */
  ref(): this {
    (this.#inner as Partial<Socket>).ref?.();
    return this;
  }

  unref(): this {
    (this.#inner as Partial<Socket>).unref?.();
    return this;
  }

  #receive(chunk: unknown): void {
    this.#inner.pause();
    process.nextTick(() => {
      if (this.destroyed || this.readableEnded) return;
      if (!(chunk instanceof Uint8Array))
        return void this.destroy(new TypeError('the stream gave something that is not bytes'));
      if (this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) this.#inner.resume();
    });
  }

  #closed(): void {
    // The end may still wait to be read.
    if (!this.readableEnded && !this.#inner.readableEnded) this.destroy();
    else if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#inner.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const copy = Buffer.from(chunk);
    process.nextTick(() => {
      if (this.#inner.destroyed) return done(new Error('the stream has ended'));
      try {
        this.#inner.write(copy, done);
      } catch (error) {
        done(error as Error); // the program's own stream throws
      }
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#inner.destroyed || this.#inner.writableEnded) return done();
    this.#inner.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }
}
