/** The opening handshake in progress: the request's key, the response as far as it has come, and the body of a refusal. */
import type { Buffer } from 'node:buffer';
import type { RandomFill } from '../framing/mask.js';
import { type Refusal, RefusalBody } from '../http/body-preview.js';
import { type Head, HeadReader, parseStatusLine, type StatusLine } from '../http/head.js';
import type { HeadLimits } from '../http/limits.js';
import { printable, shorten } from '../printable.js';
import { Violation } from '../rules.js';
import { Secrets } from '../secrets.js';
import {
  checkHandshakeResponse,
  encodeHandshakeRequest,
  type HandshakeRequest,
  type HandshakeResult,
  handshakeKey,
} from './client.js';

/** Sees the heads that pass. */
export interface OpeningObserver {
  request(bytes: Buffer): void;
  response(status: StatusLine, head: Head): void;
}

/** The final response: its status line and its head. */
export interface FinalResponse {
  readonly status: StatusLine;
  readonly head: Head;
}

/** Characters of a reason phrase in a message. */
const maxReason = 60;

export class Opening {
  readonly #request: HandshakeRequest;
  readonly #key: string;
  readonly #reader: HeadReader;
  readonly #observer: OpeningObserver | undefined;
  #response: FinalResponse | undefined;
  #body: RefusalBody | undefined;

  /** @param random for the Sec-WebSocket-Key */
  constructor(request: HandshakeRequest, random: RandomFill, limits: HeadLimits, observer?: OpeningObserver) {
    this.#request = request;
    this.#key = handshakeKey(random);
    this.#reader = new HeadReader(limits);
    this.#observer = observer;
  }

  /** The bytes of the request. */
  encode(): Buffer {
    const bytes = encodeHandshakeRequest(this.#request, this.#key);
    this.#observer?.request(bytes);
    return bytes;
  }

  /** The final response, once its head is complete. */
  get response(): FinalResponse | undefined {
    return this.#response;
  }

  /** The HTTP status of the final response; 0 until there is one. */
  get status(): number {
    return this.#response?.status.status ?? 0;
  }

  /** Bytes of the response heads so far. */
  get size(): number {
    return this.#reader.size;
  }

  /**
   * Takes bytes of the response heads; `response` is set when the final one is complete.
   *
   * @returns the position after what was taken
   * @throws {Violation} one of the `http-…` rules
   */
  receive(bytes: Buffer, start: number, end: number): number {
    const at = this.#reader.push(bytes, start, end);
    const { head } = this.#reader;
    if (head === undefined) return at;
    const status = parseStatusLine(head.startLine);
    this.#observer?.response(status, head);
    // RFC 9110 §15.2: any number of interim responses may come before the final one.
    if (status.status < 200 && status.status !== 101) this.#reader.skipHead();
    else this.#response = { status, head };
    return at;
  }

  /**
   * Judges the final response.
   *
   * @throws {Violation} one of the `handshake-…` rules
   */
  accept(): HandshakeResult {
    const { status, head } = this.#response!;
    return checkHandshakeResponse(status, head, this.#request, this.#key);
  }

  /** Takes bytes of the body of a response that is not 101. @returns whether more bytes could add nothing */
  receiveBody(bytes: Buffer, start: number, end: number): boolean {
    const { status, head } = this.#response!;
    this.#body ??= new RefusalBody(head, status.status);
    this.#body.push(bytes, start, end);
    return this.#body.complete;
  }

  /** The response that refuses, or that breaks a rule: a 101 with a wrong Accept, say. */
  get refusal(): Refusal | undefined {
    const bytes = this.#body?.bytes ?? new Uint8Array(0);
    return this.#response && { ...this.#response, body: this.#body?.toString() ?? '', bytes };
  }

  /** A broken rule as it may be shown: what the peer repeats of the request's secrets is blotted out. */
  conceal({ rule, got, offset, expected }: Violation): Violation {
    const secrets = Secrets.ofRequest(this.#request);
    return new Violation(rule.id, secrets.blotMessage(got), offset, secrets.blotMessage(expected));
  }

  /** The status of a response that is not 101, as it may be shown. */
  get refusedWith(): string {
    const { status, message } = this.#response!.status;
    const reason = Secrets.ofRequest(this.#request).blot(message);
    return `${status} ${printable(shorten(reason, maxReason))}`.trimEnd();
  }

  /** The rule that a peer breaks which ends the connection now: its head is not complete. */
  cutOff(): Violation | undefined {
    return this.#reader.cutOff();
  }
}
