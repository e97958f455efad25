/** Reads transcripts, and says where they are not what they should be. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { HandshakeRequest } from '../protocol/handshake/client.js';
import type { ObservedEvent, SessionCall } from '../protocol/recording/events.js';
import type { SessionLimits } from '../protocol/session.js';
import { type Json, type TranscriptHeader, transcriptVersion } from './transcript-format.js';

/** A line of a transcript. */
export interface TranscriptEntry {
  /** From 1. */
  readonly line: number;
  /** As it stands there. */
  readonly json: Json;
  /** What it means. The payload of a data frame is empty: transcripts do not have it. */
  readonly event: ObservedEvent;
}

export interface Transcript {
  readonly header: TranscriptHeader;
  readonly entries: readonly TranscriptEntry[];
  /** `line`: the last line is cut off, so the program crashed or is still running; `size`: the largest size was reached. */
  readonly cut: 'line' | 'size' | undefined;
}

/** A transcript that cannot be read. The message has the line number, what was expected and what came. */
export class TranscriptError extends Error {
  override readonly name = 'TranscriptError';
  /** From 1. */
  readonly line: number;

  constructor(line: number, expected: string, got: string) {
    super(`line ${line}: expected ${expected}, got ${got}`);
    this.line = line;
  }
}

/**
 * Reads a file.
 *
 * @throws {TranscriptError}, and what `fs.readFileSync` throws
 */
export function readTranscript(path: string | URL): Transcript {
  return parseTranscript(readFileSync(path, 'utf8'));
}

/** @throws {TranscriptError} */
export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n');
  // After the last line end there is nothing, or what a crash left of a line.
  const rest = lines.pop()!;
  const whole = rest !== '' && isJson(rest) ? [...lines, rest] : lines;
  const objects = whole.map((line, index) => parseLine(line, index + 1));
  const header = readHeader(objects[0], rest);
  const cutAt = objects.findIndex((json) => json['type'] === 'cut');
  if (cutAt >= 0 && cutAt < objects.length - 1) {
    throw new TranscriptError(cutAt + 2, 'the end of the transcript after the line "cut"', 'another line');
  }
  const entries = objects.slice(1, cutAt < 0 ? undefined : cutAt).map((json, index) => {
    const line = index + 2;
    return { line, json, event: readEvent(new LineReader(json, line)) };
  });
  return { header, entries, cut: cutAt >= 0 ? 'size' : whole === lines && rest !== '' ? 'line' : undefined };
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function parseLine(text: string, line: number): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TranscriptError(line, 'a JSON object', describe(text === '' ? undefined : text, 'an empty line'));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TranscriptError(line, 'a JSON object', describe(value));
  }
  return value as Json;
}

function readHeader(json: Json | undefined, rest: string): TranscriptHeader {
  const expected = `{"type":"transcript","version":${transcriptVersion},…}`;
  if (json === undefined) throw new TranscriptError(1, expected, rest === '' ? 'an empty file' : describe(rest));
  if (json['type'] !== 'transcript') throw new TranscriptError(1, expected, describe(json));
  if (json['version'] !== transcriptVersion) {
    const got = `version ${describe(json['version'])}; it was made by another release of ohos-websocket`;
    throw new TranscriptError(1, `version ${transcriptVersion}`, got);
  }
  const reader = new LineReader(json, 1);
  return {
    type: 'transcript',
    version: transcriptVersion,
    created: reader.string('created'),
    timeOrigin: reader.number('timeOrigin'),
    redacted: reader.boolean('redacted'),
    package: reader.string('package'),
    node: reader.string('node'),
  };
}

function readEvent(line: LineReader): ObservedEvent {
  const stamp = { connection: line.number('connection'), time: line.number('time') };
  const type = line.string('type') as ObservedEvent['type'];
  switch (type) {
    case 'connecting':
      return { ...stamp, type, url: line.string('url') };
    case 'request':
      return {
        ...stamp,
        type,
        direction: 'sent',
        offset: 0,
        startLine: line.string('startLine'),
        fields: line.fields('fields'),
        bytes: Buffer.alloc(0),
      };
    case 'response':
      return {
        ...stamp,
        type,
        direction: 'received',
        offset: line.number('offset'),
        version: line.string('version'),
        status: line.number('status'),
        message: line.string('message'),
        fields: line.fields('fields'),
      };
    case 'open':
      return { ...stamp, type, subprotocol: line.string('subprotocol'), extensions: line.string('extensions') };
    case 'frame':
      return {
        ...stamp,
        type,
        direction: line.direction(),
        offset: line.number('offset'),
        fin: line.boolean('fin'),
        rsv: line.number('rsv'),
        opcode: line.number('opcode'),
        masked: line.boolean('masked'),
        maskingKey: line.number('maskingKey'),
        length: line.number('length'),
        lengthBits: line.number('lengthBits'),
        payload: line.optionalBytes('payload') ?? Buffer.alloc(0),
      };
    case 'message':
      return { ...stamp, type, direction: line.direction(), offset: line.number('offset'), data: line.data() };
    case 'rule':
      return {
        ...stamp,
        type,
        direction: 'received',
        offset: line.number('offset'),
        id: line.string('id') as never,
        section: line.string('section'),
        expected: line.string('expected'),
        got: line.string('got'),
        closeCode: line.optional('closeCode', 'number'),
      };
    case 'close': {
      const failure = line.optionalObject('failure');
      return {
        ...stamp,
        type,
        code: line.number('code'),
        reason: line.string('reason'),
        opened: line.boolean('opened'),
        failure: failure && readFailure(failure),
      };
    }
    case 'session':
      return { ...stamp, type, ...readSession(line) };
    case 'call':
      return { ...stamp, type, depth: line.number('depth'), call: readCall(line) };
    case 'keys':
      return { ...stamp, type, keys: line.numbers('keys') };
    case 'deflated':
      return { ...stamp, type, bytes: line.optionalBytes('bytes') };
    default:
      throw line.error('type', 'the type of an event, e.g. "frame"', type);
  }
}

function readSession(line: LineReader) {
  const request = line.optionalObject('request');
  const limits = line.object('limits');
  return {
    key: line.string('key'),
    request: request && readRequest(request),
    limits: {
      maxHeadSize: limits.bound('maxHeadSize'),
      maxHeadFields: limits.bound('maxHeadFields'),
      maxMessageSize: limits.bound('maxMessageSize'),
      maxFragments: limits.bound('maxFragments'),
      closeTimeout: limits.bound('closeTimeout'),
    } satisfies SessionLimits,
    handshakeDeadline: line.bound('handshakeDeadline'),
    pingInterval: line.number('pingInterval'),
    pongTimeout: line.bound('pongTimeout'),
    deflate: line.optional('deflate', 'object') as object | undefined,
  };
}

function readRequest(line: LineReader): HandshakeRequest {
  return {
    host: line.string('host'),
    resource: line.string('resource'),
    subprotocols: line.strings('subprotocols'),
    extensions: line.string('extensions'),
    fields: line.fields('fields'),
  };
}

function readFailure(line: LineReader) {
  return { message: line.string('message'), status: line.number('status'), body: line.optional('body', 'string') };
}

function readCall(line: LineReader): SessionCall {
  const method = line.string('method') as SessionCall['method'];
  switch (method) {
    case 'receive':
      return { method, bytes: line.bytes('bytes') };
    case 'receiveEnd':
      return { method, error: line.optional('error', 'string') };
    case 'send':
      return { method, data: line.data() };
    case 'ping':
      return { method, payload: line.bytes('payload') };
    case 'close':
      return { method, code: line.number('code'), reason: line.string('reason') };
    case 'congested':
      return { method, congested: line.boolean('congested') };
    case 'paused':
      return { method, paused: line.boolean('paused') };
    case 'expire':
      return { method };
    case 'abandon':
      return { method, failure: readFailure(line.object('failure')) };
    default:
      throw line.error('method', 'the method of a call, e.g. "receive"', method);
  }
}

interface Kinds {
  string: string;
  number: number;
  boolean: boolean;
  object: object;
}

/** Takes members of a line by name and type. */
class LineReader {
  readonly #json: Json;
  readonly #line: number;
  readonly #path: string;

  constructor(json: Json, line: number, path = '') {
    this.#json = json;
    this.#line = line;
    this.#path = path;
  }

  error(name: string, expected: string, got: unknown): TranscriptError {
    return new TranscriptError(this.#line, `${expected} in "${this.#path}${name}"`, describe(got, 'nothing'));
  }

  optional<K extends keyof Kinds>(name: string, kind: K): Kinds[K] | undefined {
    const value = this.#json[name];
    if (value === undefined) return undefined;
    const article = kind === 'object' ? 'an' : 'a';
    if (typeof value !== kind || value === null || Array.isArray(value))
      throw this.error(name, `${article} ${kind}`, value);
    return value as Kinds[K];
  }

  #required<K extends keyof Kinds>(name: string, kind: K): Kinds[K] {
    const value = this.optional(name, kind);
    if (value === undefined) throw this.error(name, kind === 'object' ? 'an object' : `a ${kind}`, undefined);
    return value;
  }

  string(name: string): string {
    return this.#required(name, 'string');
  }

  number(name: string): number {
    return this.#required(name, 'number');
  }

  boolean(name: string): boolean {
    return this.#required(name, 'boolean');
  }

  /** A number; `null` is `Infinity`, which JSON does not have. */
  bound(name: string): number {
    return this.#json[name] === null ? Infinity : this.number(name);
  }

  object(name: string): LineReader {
    return new LineReader(this.#required(name, 'object') as Json, this.#line, `${this.#path}${name}.`);
  }

  optionalObject(name: string): LineReader | undefined {
    return this.#json[name] === undefined ? undefined : this.object(name);
  }

  direction(): 'sent' | 'received' {
    const value = this.string('direction');
    if (value !== 'sent' && value !== 'received') throw this.error('direction', '"sent" or "received"', value);
    return value;
  }

  bytes(name: string): Buffer {
    const text = this.string(name);
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw this.error(name, 'base64', text);
    return bytes;
  }

  optionalBytes(name: string): Buffer | undefined {
    return this.#json[name] === undefined ? undefined : this.bytes(name);
  }

  data(): string | Uint8Array {
    return this.#json['text'] === undefined ? this.bytes('binary') : this.string('text');
  }

  strings(name: string): string[] {
    return this.#list(name, 'a list of strings', (value) => typeof value === 'string');
  }

  numbers(name: string): number[] {
    return this.#list(name, 'a list of numbers', (value) => typeof value === 'number');
  }

  fields(name: string): [string, string][] {
    const isField = (value: unknown): value is [string, string] =>
      Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
    return this.#list(name, 'a list of [name, value]', isField);
  }

  #list<T>(name: string, expected: string, isElement: (value: unknown) => value is T): T[] {
    const value = this.#json[name];
    if (!Array.isArray(value) || !value.every(isElement)) throw this.error(name, expected, value);
    return value;
  }
}

/** A value, cut to what a message can take. */
function describe(value: unknown, nothing = 'nothing'): string {
  if (value === undefined) return nothing;
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
