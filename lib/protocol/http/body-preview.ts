/** The start of the body of a response that is not 101: what a server says when it refuses. */
import { Buffer } from 'node:buffer';
import type { Head, StatusLine } from './head.js';

/** What a peer answered instead of what was asked for: 101, or a 2xx to CONNECT. */
export interface Refusal {
  readonly status: StatusLine;
  readonly head: Head;
  /** The start of the body as text; bytes that are not UTF-8 are U+FFFD. */
  readonly body: string;
  /** The same bytes: a body may be compressed. */
  readonly bytes: Uint8Array;
}

/** How much of the body is kept, in bytes. */
export const maxRefusalBody = 1024;

/** The longest line between chunks, extensions included: what is longer is no text that a server says. */
const maxChunkLine = 256;

/** Collects the first KiB of a response's body, in whatever framing the response says (RFC 9112 §6.3). */
export class RefusalBody {
  readonly #chunked: boolean;
  /** Bytes still to come of the body, or of the chunk under way; infinite when only the end of the connection tells. */
  #remaining: number;
  /** The line between two chunks, as far as it has come: the end of the one, then the size of the next. */
  #line = '';
  #afterChunk = false;
  #ended = false;
  #bytes = Buffer.alloc(0);

  constructor(head: Head, status: number) {
    this.#chunked = head.tokens('transfer-encoding').at(-1) === 'chunked';
    const length = head.values('content-length').find((value) => /^\d+$/.test(value));
    this.#remaining = this.#chunked ? 0 : Number(length ?? Infinity);
    // RFC 9112 §6.3: these have no body, whatever their fields say.
    this.#ended = status === 204 || status === 304 || (!this.#chunked && this.#remaining === 0);
  }

  /** Whether more bytes could add nothing. */
  get complete(): boolean {
    return this.#ended || this.#bytes.length === maxRefusalBody;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.complete) {
      if (this.#remaining > 0) {
        const size = Math.min(this.#remaining, end - at, maxRefusalBody - this.#bytes.length);
        this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(at, at + size)]);
        this.#remaining -= size;
        this.#afterChunk = this.#remaining === 0;
        this.#ended = this.#afterChunk && !this.#chunked;
        at += size;
      } else {
        this.#line += String.fromCharCode(bytes[at++]!);
        if (this.#line.endsWith('\n') || this.#line.length > maxChunkLine) this.#endLine();
      }
    }
  }

  /** RFC 9112 §7.1: `chunk-size [ chunk-ext ] CRLF`, after the CRLF of the chunk before. Zero, or nonsense, is the end. */
  #endLine(): void {
    const line = this.#line;
    this.#line = '';
    const afterChunk = this.#afterChunk;
    this.#afterChunk = false;
    if (afterChunk && line === '\r\n') return;
    const size = /^([\da-f]+)[ \t]*(?:;.*)?\r\n$/i.exec(line)?.[1] ?? '0';
    this.#remaining = Number.parseInt(size, 16);
    this.#ended = this.#remaining === 0;
  }

  /** What has been collected. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What has been collected, as text; bytes that are no UTF-8 become U+FFFD. */
  toString(): string {
    return this.#bytes.toString('utf8');
  }
}
