/**
 * Blotting out the values of fields that carry credentials: every visible character becomes `*`. White space, control
 * characters and the length stay as they are, so that byte offsets and verdicts of a replay stay the same.
 */
import { Buffer } from 'node:buffer';
import type { ObservedEvent } from '../protocol/recording/events.js';
import { blotFields, isSecretField } from '../protocol/secrets.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
const star = 0x2a;

/** Blots the credentials out of the events of any number of connections. */
export class EventRedactor {
  /** Of connections whose response head may still be coming in. */
  readonly #heads = new Map<number, HeadRedactor>();

  /** @returns the event itself when there is nothing to blot out in it */
  redact(event: ObservedEvent): ObservedEvent {
    switch (event.type) {
      case 'request':
      case 'response':
        return { ...event, fields: blotFields(event.fields) };
      case 'session': {
        const { connection, request } = event;
        if (request === undefined) return event;
        this.#heads.set(connection, new HeadRedactor());
        return { ...event, request: { ...request, fields: blotFields(request.fields) } };
      }
      case 'call': {
        const { call } = event;
        const head = call.method === 'receive' ? this.#heads.get(event.connection) : undefined;
        if (call.method !== 'receive' || head === undefined) return event;
        return { ...event, call: { ...call, bytes: head.redact(call.bytes) } };
      }
      case 'close':
        this.#heads.delete(event.connection);
        return event;
      default:
        return event;
    }
  }
}

/**
 * Blots the credentials out of the bytes of a response head, in whatever chunks they come, and to those of interim ones (1xx) before
 * it; what follows stays as it is.
 */
export class HeadRedactor {
  #name = '';
  #inName = true;
  #secret = false;
  #firstLine = true;
  /** Whether another head follows this one (RFC 9110 §15.2). */
  #interim = false;
  #lineSize = 0;
  #done = false;

  /** @returns the chunk itself when there is nothing to blot out in it */
  redact(chunk: Uint8Array): Uint8Array {
    if (this.#done) return chunk;
    let copy: Uint8Array | undefined;
    for (let at = 0; at < chunk.length && !this.#done; at++) {
      if (this.#blots(chunk[at]!)) (copy ??= Buffer.from(chunk))[at] = star;
    }
    return copy ?? chunk;
  }

  /** Takes the next byte of the head. @returns whether it is part of a secret */
  #blots(byte: number): boolean {
    if (byte === lineFeed) {
      this.#endLine();
      return false;
    }
    if (byte !== carriageReturn) this.#lineSize++;
    if (!this.#inName) return this.#secret && byte > 0x20 && byte !== 0x7f;
    // A line that starts with white space goes on with the field of the line before (RFC 9112 §5.2).
    if (this.#lineSize === 1 && (byte === 0x20 || byte === 0x09)) {
      this.#inName = false;
    } else if (byte === colon) {
      this.#inName = false;
      this.#secret = !this.#firstLine && isSecretField(this.#name.trim());
    } else if (this.#name.length < 64) {
      this.#name += String.fromCharCode(byte);
    }
    return false;
  }

  #endLine(): void {
    if (this.#firstLine) this.#interim = /^HTTP\/1\.\d 1(?!01)\d\d/.test(this.#name);
    const isEnd = this.#lineSize === 0 && !this.#firstLine;
    if (isEnd && !this.#interim) this.#done = true;
    this.#firstLine = isEnd;
    this.#lineSize = 0;
    this.#name = '';
    this.#inName = true;
  }
}
