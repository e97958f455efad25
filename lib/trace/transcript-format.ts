/**
 * The lines of a transcript: JSON Lines, one event of `protocol/session-events.ts` a line, in order.
 *
 * - The first line is `{"type":"transcript","version":1,…}`. `timeOrigin` is what to add to a `time` for milliseconds
 *   since 1970; `redacted` says whether the values of credential fields were blotted out.
 * - A `call` has the fields of its `call` beside `method`. `Infinity` is `null`. Bytes are in base64.
 * - A message is `text` or `binary`. A frame has its `payload` only when it is a control frame: data is in the messages.
 * - `{"type":"cut","maxSize":…}` is the last line of a transcript that reached its largest size.
 */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { isControlOpcode } from '../protocol/framing/opcode.js';
import type { ObservedEvent, SessionCall } from '../protocol/recording/events.js';
import { packageVersion } from './package-version.js';
import { HeadRedactor, redactFields } from './redaction.js';

export const transcriptVersion = 1;

export interface TranscriptHeader {
  readonly type: 'transcript';
  readonly version: number;
  /** ISO 8601. */
  readonly created: string;
  /** Milliseconds since 1970 of time 0. */
  readonly timeOrigin: number;
  readonly redacted: boolean;
  /** E.g. `0.1.0`. */
  readonly package: string;
  /** E.g. `v20.19.0`. */
  readonly node: string;
}

export type Json = { readonly [name: string]: unknown };

export function transcriptHeader(redacted: boolean): TranscriptHeader {
  return {
    type: 'transcript',
    version: transcriptVersion,
    created: new Date().toISOString(),
    timeOrigin: performance.timeOrigin,
    redacted,
    package: packageVersion(),
    node: process.version,
  };
}

/** Events -> the objects of their lines. Keeps what it takes to find the credentials in received bytes. */
export class TranscriptEncoder {
  readonly #redact: boolean;
  readonly #heads = new Map<number, HeadRedactor>();

  constructor(redact: boolean) {
    this.#redact = redact;
  }

  encode(event: ObservedEvent): Json {
    const { type, connection, time } = event;
    // In this order, so that a person finds what a line is about at its start.
    const stamp = { type, connection, time };
    switch (event.type) {
      case 'request': {
        const { bytes: _, ...rest } = event;
        return { ...stamp, ...rest, fields: this.#fields(event.fields) };
      }
      case 'response':
        return { ...stamp, ...event, fields: this.#fields(event.fields) };
      case 'frame': {
        const { payload, ...rest } = event;
        return { ...stamp, ...rest, ...(isControlOpcode(event.opcode) ? { payload: base64(payload) } : {}) };
      }
      case 'message': {
        const { direction, offset, data } = event;
        return { ...stamp, direction, offset, ...encodeData(data) };
      }
      case 'session': {
        const { request } = event;
        if (request !== undefined) this.#heads.set(connection, new HeadRedactor());
        return { ...stamp, ...event, request: request && { ...request, fields: this.#fields(request.fields) } };
      }
      case 'call':
        return { ...stamp, depth: event.depth, ...this.#call(connection, event.call) };
      case 'deflated':
        return { ...stamp, bytes: event.bytes && base64(event.bytes) };
      case 'close':
        this.#heads.delete(connection);
        return { ...stamp, ...event };
      default:
        return { ...stamp, ...event };
    }
  }

  #call(connection: number, call: SessionCall): Json {
    switch (call.method) {
      case 'receive': {
        const bytes = this.#redact ? this.#heads.get(connection)?.redact(call.bytes) : undefined;
        return { ...call, bytes: base64(bytes ?? call.bytes) };
      }
      case 'send':
        return { method: 'send', ...encodeData(call.data) };
      case 'ping':
        return { ...call, payload: base64(call.payload) };
      default:
        return { ...call };
    }
  }

  #fields(fields: Parameters<typeof redactFields>[0]): Parameters<typeof redactFields>[0] {
    return this.#redact ? redactFields(fields) : fields;
  }
}

function encodeData(data: string | Uint8Array): Json {
  return typeof data === 'string' ? { text: data } : { binary: base64(data) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
