/** The start of the body of a response that is not 101: what a server says when it refuses. */
import { Buffer } from 'node:buffer';
import type { Head } from './http1.js';

/** How much of the body is kept, in bytes. */
export const maxRefusalBody = 1024;

/** Collects the first KiB of a response's body, in whatever framing the response says (RFC 9112 §6.3). */
export class RefusalBody {
  readonly #chunked: boolean;
  /** Bytes that the body has by its Content-Length; unknown: as many as come. */
  readonly #length: number;
  #bytes = Buffer.alloc(0);

  constructor(head: Head, status: number) {
    this.#chunked = head.tokens('transfer-encoding').at(-1) === 'chunked';
    const length = head.values('content-length').find((value) => /^\d+$/.test(value));
    this.#length = status < 200 || status === 204 || status === 304 ? 0 : Number(length ?? Infinity);
  }

  /** Whether more bytes could add anything. */
  get complete(): boolean {
    if (this.#chunked) return this.#bytes.length >= 2 * maxRefusalBody || this.#bytes.includes('0\r\n\r\n');
    return this.#bytes.length >= Math.min(this.#length, maxRefusalBody);
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    // Chunk sizes take room as well: twice the KiB is enough to find a KiB of data in any sensible chunking.
    const room = 2 * maxRefusalBody - this.#bytes.length;
    if (room > 0) this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(start, Math.min(end, start + room))]);
  }

  /** What has been collected, as text; bytes that are no UTF-8 become U+FFFD. */
  toString(): string {
    const body = this.#chunked ? unchunk(this.#bytes) : this.#bytes.subarray(0, Math.min(this.#length, this.#bytes.length));
    return body.subarray(0, maxRefusalBody).toString('utf8');
  }
}

/** The data of as many chunks as are there (RFC 9112 §7.1); the last one may be cut off. */
function unchunk(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? 0 : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
