/**
 * Blotting secrets out of the events of connections, see `protocol/secrets.ts`: those of the request, what the peer says
 * in fields of the same kind, and what it repeats of the request's in its response.
 */
import { Buffer } from 'node:buffer';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import type { SessionCall, SessionFailure } from '../protocol/recording/calls.js';
import type { FrameEvent, ObservedEvent } from '../protocol/recording/events.js';
import type { EventOf } from '../protocol/recording/reports.js';
import type { SecretScanner } from '../protocol/secret-scanner.js';
import {
  blot,
  blotFields,
  blotQuery,
  blotSubprotocol,
  blotUrl,
  isPublic,
  type RequestSecrets,
  Secrets,
  type Shown,
  shownOfField,
} from '../protocol/secrets.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
const star = 0x2a;
const question = 0x3f;
const hash = 0x23;

interface Known {
  readonly secrets: Secrets;
  readonly head: HeadRedactor;
  opened: boolean;
}

type EventType = ObservedEvent['type'];

/** What becomes of secrets in what is shown and written. */
export interface SecretsOptions {
  /** Leave credentials, tokens and queries as they are. Default `false`: they are blotted out. */
  readonly secrets?: boolean | undefined;
  /** What a relay adds to the requests that it shows: a server may repeat that as well. */
  readonly added?: Secrets | undefined;
}

/** Blots the secrets out of the events of any number of connections. */
export class EventRedactor {
  /** Of connections that have sent a request. */
  readonly #connections = new Map<number, Known>();
  readonly #frames: boolean;
  readonly #added: Secrets | undefined;

  /**
   * @param options `frames`: what a peer repeats in control frames is blotted out as well. Not for what is replayed: the
   *   bytes after the opening handshake stay as they are there. `added`: see `SecretsOptions`
   */
  constructor({ frames = false, added }: { readonly frames?: boolean; readonly added?: Secrets | undefined } = {}) {
    this.#frames = frames;
    this.#added = added;
  }

  /** @returns the event itself when there is nothing to blot out in it */
  redact<T extends EventType>(event: EventOf<T>): EventOf<T> {
    const row: ((event: EventOf<T>) => EventOf<T>) | undefined = this.#rows[event.type as T];
    return row?.(event) ?? event;
  }

  /** What is blotted out of each event; of the others nothing is. */
  readonly #rows: { readonly [T in EventType]?: (event: EventOf<T>) => EventOf<T> } = {
    connecting: (event) => ({ ...event, url: blotUrl(event.url) }),
    session: (event) => {
      const { connection, request } = event;
      if (request === undefined) return event;
      this.#learn(connection, request);
      const { resource, subprotocols, fields } = request;
      const blotted = {
        resource: blotQuery(resource),
        subprotocols: subprotocols.map(blotSubprotocol),
        fields: blotFields(fields),
      };
      return { ...event, request: { ...request, ...blotted } };
    },
    request: (event) => {
      const { connection, startLine, fields } = event;
      // Without the channel `session` this is the first that is seen of the request.
      if (!this.#connections.has(connection)) this.#learn(connection, requestOf(startLine, fields));
      const [method = '', resource = '', version = ''] = startLine.split(' ');
      return {
        ...event,
        startLine: `${method} ${blotQuery(resource)} ${version}`,
        fields: blotFields(fields),
        bytes: Buffer.alloc(0),
      };
    },
    response: (event) => {
      const message = this.#blot(event.connection, event.message);
      const fields = blotFields(event.fields).map(
        ([name, value]) => [name, this.#blot(event.connection, value)] as const,
      );
      return { ...event, message, fields };
    },
    open: (event) => {
      const known = this.#connections.get(event.connection);
      if (known !== undefined) known.opened = true;
      return { ...event, subprotocol: this.#blot(event.connection, event.subprotocol) };
    },
    bytes: (event) => {
      // A body, or what could not be read as a head: nobody knows what is a secret in it.
      if (this.#connections.get(event.connection)?.opened) return event;
      return { ...event, bytes: Buffer.from(blot(Buffer.from(event.bytes).toString('latin1')), 'latin1') };
    },
    frame: (event) => {
      if (!this.#frames || !isControlOpcode(event.opcode)) return event;
      return { ...event, payload: this.#blotPayload(event) };
    },
    relay: (event) => ({ ...event, message: this.#blot(event.connection, event.message) }),
    rule: (event) => ({
      ...event,
      bytes: event.bytes && this.#frames ? this.#hideFrame(event.connection, event.bytes) : event.bytes,
      expected: this.#blot(event.connection, event.expected),
      got: this.#blot(event.connection, event.got),
    }),
    call: (event) => ({ ...event, call: this.#call(event.connection, event.call) }),
    close: (event) => {
      const { connection } = event;
      const failure = event.failure && this.#failure(connection, event.failure);
      const reason = this.#blot(connection, event.reason);
      this.#connections.delete(connection);
      return { ...event, reason, failure };
    },
  };

  #learn(connection: number, request: RequestSecrets): void {
    const secrets = Secrets.ofRequest(request).with(this.#added);
    this.#connections.set(connection, { secrets, head: new HeadRedactor(secrets), opened: false });
  }

  #blot(connection: number, text: string, ends = true): string {
    const secrets = this.#connections.get(connection)?.secrets ?? this.#added;
    return secrets?.blot(text, ends) ?? text;
  }

  /** The status code of a Close frame is no text. */
  #blotPayload({ connection, opcode, payload }: FrameEvent): Buffer {
    const at = opcode === Opcode.close ? Math.min(2, payload.length) : 0;
    const text = payload.subarray(at).toString('latin1');
    const blotted = this.#blot(connection, text);
    return blotted === text ? payload : Buffer.concat([payload.subarray(0, at), Buffer.from(blotted, 'latin1')]);
  }

  /** It is cut: what may be the start of a secret is none of it shown. */
  #hideFrame(connection: number, bytes: Uint8Array): Uint8Array | undefined {
    const text = Buffer.from(bytes).toString('latin1');
    return this.#blot(connection, text, false) === text ? bytes : undefined;
  }

  #call(connection: number, call: SessionCall): SessionCall {
    const head = this.#connections.get(connection)?.head;
    if (call.method === 'receive' && head !== undefined) return { ...call, bytes: head.redact(call.bytes) };
    if (call.method === 'abandon') return { ...call, failure: this.#failure(connection, call.failure) };
    return call;
  }

  #failure(connection: number, { message, status, body }: SessionFailure): SessionFailure {
    return {
      message: this.#blot(connection, message),
      status,
      // Cut after its first KiB, or where the connection ended.
      body: body === undefined ? undefined : this.#blot(connection, body, false),
    };
  }
}

/** The request of a head that was sent. */
function requestOf(startLine: string, fields: readonly (readonly [string, string])[]): RequestSecrets {
  const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  return { resource: startLine.split(' ')[1] ?? '', subprotocols: [], fields, host };
}

/** Fields whose values a verdict rests on: no part of them is taken for the start of a secret lightly. */
const decisive = /^(?:upgrade|connection|sec-websocket-.*|content-length|transfer-encoding)$/i;
/** So many characters of a secret at the end of a chunk are blotted out before the rest has come. */
const enough = 4;

/**
 * Blots the secrets out of the bytes of a response head, in whatever chunks they come, of interim ones (1xx) before it,
 * and of the body of a response that is not 101. What follows a 101 stays as it is.
 */
export class HeadRedactor {
  readonly #scanner: SecretScanner | undefined;
  #name = '';
  #inName = true;
  #shown: Shown = 'all';
  /** Whether the first word of a value has begun. */
  #inWord = false;
  /** Whether the shown part of a value is over. */
  #hidden = false;
  #firstLine = true;
  /** Of the head that is coming in; 0 until its first line is complete. */
  #status = 0;
  #lineSize = 0;
  #part: 'head' | 'body' | 'done' = 'head';
  #size = 0;

  constructor(secrets: Secrets) {
    this.#scanner = secrets.isEmpty ? undefined : secrets.scanner();
  }

  /** @returns the chunk itself when there is nothing to blot out in it */
  redact(chunk: Uint8Array): Uint8Array {
    if (this.#isDone) return chunk;
    const start = this.#size;
    let copy: Uint8Array | undefined;
    const blotOut = (at: number, fill: number): void => {
      if (chunk[at]! > 0x20 && chunk[at] !== 0x7f) (copy ??= Buffer.from(chunk))[at] = fill;
    };
    for (let at = 0; at < chunk.length && !this.#isDone; at++) {
      const byte = chunk[at]!;
      this.#size++;
      this.#scanner?.push(String.fromCharCode(byte));
      if (this.#part === 'head' && this.#blots(byte)) blotOut(at, star);
    }
    for (const span of this.#takeSpans()) {
      for (let at = Math.max(span.start, start); at < Math.min(span.end, start + chunk.length); at++) {
        if (copy?.[at - start] !== star) blotOut(at - start, span.verbatim ? star : hash);
      }
    }
    return copy ?? chunk;
  }

  get #isDone(): boolean {
    return this.#part === 'done';
  }

  *#takeSpans() {
    if (this.#scanner === undefined) return;
    yield* this.#scanner.takeFound();
    if (this.#isDone) return;
    // The rest of it may come with the next chunk, when this one has been written down.
    if (this.#part === 'head' && this.#inName && !this.#firstLine) return;
    const verdict = this.#part === 'body' || this.#firstLine || decisive.test(this.#name.trim());
    const beginning = this.#scanner.beginning(verdict ? enough : 1);
    if (beginning !== undefined && !(verdict && isPublic(beginning.text))) yield beginning;
  }

  /** Takes the next byte of the head. @returns whether it is part of a secret */
  #blots(byte: number): boolean {
    if (byte === lineFeed) {
      this.#endLine();
      return false;
    }
    if (byte !== carriageReturn) this.#lineSize++;
    if (!this.#inName) return this.#blotsInValue(byte);
    // A line that starts with white space goes on with the field of the line before (RFC 9112 §5.2).
    if (this.#lineSize === 1 && !this.#firstLine && (byte === 0x20 || byte === 0x09)) {
      this.#inName = false;
    } else if (byte === colon && !this.#firstLine) {
      this.#inName = false;
      this.#shown = shownOfField(this.#name.trim());
      this.#inWord = false;
      this.#hidden = false;
    } else if (this.#name.length < 64) {
      this.#name += String.fromCharCode(byte);
    }
    return false;
  }

  #blotsInValue(byte: number): boolean {
    if (this.#shown === 'all') return false;
    if (this.#shown === 'nothing' || this.#hidden) return true;
    const isSpace = byte === 0x20 || byte === 0x09;
    if (this.#shown === 'until a query') this.#hidden = byte === question;
    else if (isSpace) this.#hidden = this.#inWord;
    else this.#inWord = true;
    return false;
  }

  #endLine(): void {
    if (this.#firstLine) this.#status = Number(/^HTTP\/1\.\d (\d{3})/.exec(this.#name)?.[1] ?? 0);
    const isEnd = this.#lineSize === 0 && !this.#firstLine;
    if (isEnd && (this.#status < 100 || this.#status > 199)) this.#part = 'body';
    if (isEnd && this.#status === 101) this.#part = 'done';
    this.#firstLine = isEnd;
    this.#lineSize = 0;
    this.#name = '';
    this.#inName = true;
  }
}
