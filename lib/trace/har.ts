/**
 * HAR 1.2 with `_webSocketMessages`, as Chromium's DevTools exports and imports it: one entry a connection, messages
 * (not frames) with their time in seconds since 1970, text as it is, binary in base64, failures as type `error`.
 */
import { Buffer } from 'node:buffer';
import { URL } from 'node:url';
import { Opcode } from '../protocol/framing/opcode.js';
import type { Field } from '../protocol/http/field.js';
import type { ObservedEvent, RequestEvent, ResponseEvent, SessionMessageEvent } from '../protocol/recording/events.js';
import type { EventOf } from '../protocol/recording/reports.js';
import { packageVersion } from './package-version.js';
import type { Transcript } from './transcript-reader.js';

interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface HarMessage {
  readonly type: 'send' | 'receive' | 'error';
  /** Seconds since 1970. */
  readonly time: number;
  /** 1: text, 2: binary; -1 for an error. */
  readonly opcode: number;
  /** Of a binary message: base64. */
  readonly data: string;
}

/** What of an entry comes before its messages; known once the request has been sent. */
export interface HarEntryStart {
  readonly _resourceType: 'websocket';
  readonly startedDateTime: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly httpVersion: 'HTTP/1.1';
    readonly headers: readonly NameValue[];
    readonly queryString: readonly NameValue[];
    readonly cookies: readonly never[];
    readonly headersSize: number;
    readonly bodySize: 0;
  };
  readonly cache: Record<string, never>;
}

/** What comes after them, and changes until the connection is closed. */
export interface HarEntryEnd {
  readonly response: {
    readonly status: number;
    readonly statusText: string;
    readonly httpVersion: string;
    readonly headers: readonly NameValue[];
    readonly cookies: readonly never[];
    readonly content: { readonly size: number; readonly mimeType: string; readonly text?: string };
    readonly redirectURL: '';
    readonly headersSize: number;
    readonly bodySize: number;
    readonly _transferSize: number;
    readonly _error: string | null;
  };
  /** Milliseconds. */
  readonly timings: {
    readonly blocked: -1;
    readonly dns: -1;
    readonly ssl: -1;
    readonly connect: number;
    readonly send: 0;
    readonly wait: number;
    readonly receive: number;
  };
  readonly time: number;
}

export interface HarEntry extends HarEntryStart, HarEntryEnd {
  readonly _webSocketMessages: readonly HarMessage[];
}

export interface Har {
  readonly log: {
    readonly version: '1.2';
    readonly creator: { readonly name: string; readonly version: string };
    readonly pages: readonly never[];
    readonly entries: readonly HarEntry[];
    /** Says that the file was cut. */
    readonly comment?: string;
  };
}

export const harCreator = (): Har['log']['creator'] => ({ name: 'ohos-websocket', version: packageVersion() });

/** What an event adds to the entry of its connection. */
export interface HarChange {
  /** `start`: before there is any message; `end`: only what comes after them. */
  readonly changed: 'start' | 'end';
  readonly message: HarMessage | undefined;
}

/** One connection on its way to becoming an entry. */
export class HarConnection {
  readonly #timeOrigin: number;
  readonly #started: number;
  readonly #url: string;
  #request: RequestEvent | undefined;
  #response: ResponseEvent | undefined;
  #responded = 0;
  #last: number;
  #error: string | null = null;
  #body = '';

  /** @param timeOrigin milliseconds since 1970 of time 0 */
  constructor(url: string, time: number, timeOrigin: number) {
    this.#url = url;
    this.#started = time;
    this.#last = time;
    this.#timeOrigin = timeOrigin;
  }

  /** @returns `undefined` when the entry stays as it is */
  take<T extends ObservedEvent['type']>(event: EventOf<T>): HarChange | undefined {
    const row: ((event: EventOf<T>) => HarChange) | undefined = this.#rows[event.type as T];
    if (row === undefined) return undefined;
    this.#last = event.time;
    return row(event);
  }

  /** What each event changes; the others change nothing. */
  readonly #rows: { readonly [T in ObservedEvent['type']]?: (event: EventOf<T>) => HarChange } = {
    connecting: () => ({ changed: 'start', message: undefined }),
    request: (event) => {
      this.#request = { ...event, bytes: Buffer.alloc(0) };
      return { changed: 'start', message: undefined };
    },
    response: (event) => {
      this.#response = event;
      this.#responded = event.time;
      return { changed: 'end', message: undefined };
    },
    message: (event) => ({ changed: 'end', message: this.#message(event) }),
    rule: ({ expected, section, got }) => {
      this.#error = `expected that ${expected} (${section}), got ${got}`;
      return { changed: 'end', message: undefined };
    },
    close: ({ opened, failure, time }) => {
      if (failure === undefined) return { changed: 'end', message: undefined };
      this.#error = failure.message;
      this.#body = failure.body ?? '';
      const data = this.#error;
      const message: HarMessage = { type: 'error', time: this.#seconds(time), opcode: -1, data };
      return { changed: 'end', message: opened ? message : undefined };
    },
  };

  start(): HarEntryStart {
    const { startLine = 'GET', fields = [] } = this.#request ?? {};
    return {
      _resourceType: 'websocket',
      startedDateTime: new Date(this.#timeOrigin + this.#started).toISOString(),
      request: {
        method: startLine.split(' ')[0]!,
        url: this.#url,
        httpVersion: 'HTTP/1.1',
        headers: headers(fields),
        queryString: [...new URL(this.#url).searchParams].map(([name, value]) => ({ name, value })),
        cookies: [],
        headersSize: -1,
        bodySize: 0,
      },
      cache: {},
    };
  }

  end(): HarEntryEnd {
    const { status = 0, message = '', version = '', fields = [] } = this.#response ?? {};
    const requested = this.#request?.time ?? this.#last;
    const responded = this.#response === undefined ? this.#last : this.#responded;
    const contentType = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
    const size = Buffer.byteLength(this.#body);
    return {
      response: {
        status,
        statusText: message,
        httpVersion: version === '' ? '' : `HTTP/${version}`,
        headers: headers(fields),
        cookies: [],
        content: {
          size,
          mimeType: contentType ?? 'x-unknown',
          ...(size === 0 ? {} : { text: this.#body }),
        },
        redirectURL: '',
        headersSize: -1,
        bodySize: -1,
        _transferSize: 0,
        _error: this.#error,
      },
      timings: {
        blocked: -1,
        dns: -1,
        ssl: -1,
        connect: milliseconds(requested - this.#started),
        send: 0,
        wait: milliseconds(responded - requested),
        receive: milliseconds(this.#last - responded),
      },
      time: milliseconds(this.#last - this.#started),
    };
  }

  #message({ direction, data, time }: SessionMessageEvent): HarMessage {
    const text = typeof data === 'string';
    return {
      type: direction === 'sent' ? 'send' : 'receive',
      time: this.#seconds(time),
      opcode: text ? Opcode.text : Opcode.binary,
      data: text ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    };
  }

  #seconds(time: number): number {
    return Math.round((this.#timeOrigin + time) * 1000) / 1e6;
  }
}

function headers(fields: readonly Field[]): NameValue[] {
  return fields.map(([name, value]) => ({ name, value }));
}

function milliseconds(time: number): number {
  return Math.round(time * 1000) / 1000;
}

/** Converts a transcript. What was redacted stays so. */
export function transcriptToHar({ header, entries, cut }: Transcript): Har {
  const connections = new Map<number, { connection: HarConnection; messages: HarMessage[] }>();
  for (const { event } of entries) {
    if (event.type === 'connecting') {
      const connection = new HarConnection(event.url, event.time, header.timeOrigin);
      connections.set(event.connection, { connection, messages: [] });
    }
    const known = connections.get(event.connection);
    const message = known?.connection.take(event)?.message;
    if (message !== undefined) known!.messages.push(message);
  }
  const converted = [...connections.values()].map(({ connection, messages }) => ({
    ...connection.start(),
    _webSocketMessages: messages,
    ...connection.end(),
  }));
  const comment = cut === 'size' ? { comment: 'the transcript was cut at its largest size' } : {};
  return { log: { version: '1.2', creator: harCreator(), pages: [], entries: converted, ...comment } };
}
