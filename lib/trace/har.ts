/**
 * HAR 1.2 with `_webSocketMessages`, as Chromium's DevTools exports and imports it: one entry a connection, messages
 * (not frames) with their time in seconds since 1970, text as it is, binary in base64, failures as type `error`.
 */
import { Buffer } from 'node:buffer';
import { URL } from 'node:url';
import { Opcode } from '../protocol/framing/opcode.js';
import type { Field } from '../protocol/http/field.js';
import type {
  ObservedEvent,
  RequestEvent,
  ResponseEvent,
  SessionCloseEvent,
  SessionMessageEvent,
  StepEvent,
} from '../protocol/recording/events.js';
import type { EventOf } from '../protocol/recording/reports.js';
import { type HarCookie, requestCookies, responseCookies } from './har-cookies.js';
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
    readonly cookies: readonly HarCookie[];
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
    readonly cookies: readonly HarCookie[];
    readonly content: { readonly size: number; readonly mimeType: string; readonly text?: string };
    readonly redirectURL: string;
    readonly headersSize: number;
    readonly bodySize: number;
    readonly _transferSize: number;
    readonly _error: string | null;
  };
  /** Milliseconds. */
  readonly timings: {
    readonly blocked: number;
    readonly dns: number;
    /** Part of `connect`. */
    readonly ssl: number;
    /** The TCP connection, the proxy and TLS. */
    readonly connect: number;
    readonly send: 0;
    readonly wait: number;
    readonly receive: number;
  };
  readonly time: number;
  /** The IP address of the server, or of the proxy; left out when no TCP connection was made. */
  readonly serverIPAddress?: string;
  /** The port of that address, as Chromium writes it and reads it. */
  readonly connection?: string;
  /** How the connection was closed; left out when it never was open. */
  readonly _webSocketClose?: { readonly code: number; readonly reason: string };
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
  #steps: readonly StepEvent[] = [];
  #close: SessionCloseEvent | undefined;
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
    step: (event) => {
      this.#steps = [...this.#steps, event];
      return { changed: 'end', message: undefined };
    },
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
    close: (event) => {
      const { failure, time } = event;
      this.#close = event;
      if (failure === undefined) return { changed: 'end', message: undefined };
      this.#error = failure.message;
      this.#body = failure.body ?? '';
      const message: HarMessage = { type: 'error', time: this.#seconds(time), opcode: -1, data: this.#error };
      return { changed: 'end', message };
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
        cookies: requestCookies(fields),
        headersSize: this.#request === undefined ? -1 : headSize(startLine, fields),
        bodySize: 0,
      },
      cache: {},
    };
  }

  end(): HarEntryEnd {
    const { status = 0, message = '', version = '', fields = [] } = this.#response ?? {};
    const contentType = valueOfField(fields, 'content-type');
    const tcp = this.#steps.findLast((step) => step.tcp !== undefined)?.tcp;
    const size = Buffer.byteLength(this.#body);
    return {
      response: {
        status,
        statusText: message,
        httpVersion: version === '' ? '' : `HTTP/${version}`,
        headers: headers(fields),
        cookies: responseCookies(fields),
        content: {
          size,
          mimeType: contentType ?? 'x-unknown',
          ...(size === 0 ? {} : { text: this.#body }),
        },
        redirectURL: valueOfField(fields, 'location') ?? '',
        headersSize: status === 0 ? -1 : headSize(`HTTP/${version} ${status} ${message}`, fields),
        bodySize: -1,
        _transferSize: 0,
        _error: this.#error,
      },
      timings: this.#timings(),
      time: milliseconds(this.#last - this.#started),
      ...(tcp === undefined ? {} : { serverIPAddress: tcp.address, connection: String(tcp.port) }),
      ...(this.#close?.opened ? { _webSocketClose: { code: this.#close.code, reason: this.#close.reason } } : {}),
    };
  }

  /** Their sum, without `ssl`, is the time of the entry. */
  #timings(): HarEntryEnd['timings'] {
    const requested = this.#request?.time ?? this.#last;
    const responded = this.#response === undefined ? this.#last : this.#responded;
    const total = requested - this.#started;
    const dns = this.#took('DNS lookup');
    const ssl = this.#took('TLS handshake');
    const known = this.#steps.length > 0 && this.#request !== undefined;
    const connect = known ? this.#took('TCP connection') + this.#took('proxy') + ssl : total - dns;
    return {
      blocked: known ? milliseconds(total - dns - connect) : -1,
      dns: dns === 0 ? -1 : milliseconds(dns),
      ssl: ssl === 0 ? -1 : milliseconds(ssl),
      connect: milliseconds(connect),
      send: 0,
      wait: milliseconds(responded - requested),
      receive: milliseconds(this.#last - responded),
    };
  }

  #took(wanted: StepEvent['step']): number {
    return this.#steps.reduce((sum, { step, duration }) => (step === wanted ? sum + duration : sum), 0);
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

function valueOfField(fields: readonly Field[], wanted: string): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** In bytes: each line with its line end, and the empty one after them. */
function headSize(startLine: string, fields: readonly Field[]): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, startLine.length + 4);
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
