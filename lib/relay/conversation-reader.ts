/**
 * Both directions of one relayed connection, read: the response to the client's request, then frames. It is given what
 * comes, and changes nothing.
 */
import { Buffer } from 'node:buffer';
import type { FrameHeader } from '../protocol/framing/header.js';
import { RefusalBody } from '../protocol/http/body-preview.js';
import { type Head, HeadReader, parseStatusLine, type StatusLine } from '../protocol/http/head.js';
import type { Direction } from '../protocol/recording/events.js';
import { Violation } from '../protocol/rules.js';
import { type Agreement, readAgreement } from './agreement.js';
import { type BrokenRule, FrameReader } from './frame-reader.js';
import type { Allowance } from './message-reader.js';
import { asksForWebSocket, requestFaults } from './request-faults.js';
import { passedHeadLimits, type ReadRequest } from './request-head.js';
import { judgeResponse } from './response-faults.js';
import type { Story } from './story.js';

export interface ReadingSettings {
  /** Bytes of a message that is put together for events. */
  readonly maxMessageSize: number;
  readonly allowance: Allowance;
  /** Whether a broken rule ends the connection. */
  readonly strict: boolean;
  /** A rule was broken; comes after its event. */
  broke(direction: Direction, broken: BrokenRule): void;
  /** Whether frames are read at all: nobody may want to know. */
  readonly readsFrames: boolean;
  /** The opening handshake is done: frames follow. `size`: bytes of the response, interim ones included. */
  opened(size: number): void;
}

/** The code and reason of a Close frame. */
export interface CloseSeen {
  readonly code: number;
  readonly reason: string;
}

/** Bytes of the client that are kept until the response is there. */
const maxEarly = 65_536;

const nothing: Buffer = Buffer.alloc(0);

export class ConversationReader {
  readonly #story: Story;
  readonly #settings: ReadingSettings;
  readonly #response = new HeadReader(passedHeadLimits);
  /** Its bytes so far, until it is complete: reported as bytes when it never is. */
  readonly #partial: Buffer[] = [];
  #request: Head | undefined;
  /** What the server's bytes are. */
  #phase: 'response' | 'frames' | 'body' | 'unread' = 'response';
  #body: RefusalBody | undefined;
  #status = 0;
  /** Bytes of the client that came before the response, after its request; `undefined`: more than are kept. */
  #early: Buffer | undefined = nothing;
  #client: FrameReader | undefined;
  #server: FrameReader | undefined;
  readonly #positions = { sent: 0, received: 0 };
  #closeSent: CloseSeen | undefined;
  #closeReceived: CloseSeen | undefined;

  constructor(story: Story, settings: ReadingSettings) {
    this.#story = story;
    this.#settings = settings;
  }

  /** Whether frames pass. */
  get isOpen(): boolean {
    return this.#phase === 'frames';
  }

  /** The HTTP status of the final response; 0 until there is one. */
  get status(): number {
    return this.#status;
  }

  /** The start of the body of a response that is not 101. */
  get body(): string | undefined {
    return this.#body?.toString();
  }

  /** What the client saw of the closing handshake: the server's Close frame, else its own. */
  get closed(): CloseSeen | undefined {
    return this.#closeReceived ?? this.#closeSent;
  }

  /** The client's first bytes; those behind the head are to be given to `sent`. */
  request({ bytes, size, head, violation }: ReadRequest): void {
    if (head === undefined) {
      this.#phase = 'unread';
      this.#broke('sent', violation!);
      return;
    }
    this.#positions.sent = size;
    this.#request = head;
    const { startLine, fields } = head;
    this.#story.report('request', { direction: 'sent', offset: 0, startLine, fields, bytes: bytes.subarray(0, size) });
    if (asksForWebSocket(head)) for (const fault of requestFaults(head)) this.#report('sent', fault);
  }

  /** Bytes of the client, after its request. */
  sent(bytes: Buffer): void {
    this.#record('sent', bytes);
    if (this.#client !== undefined) this.#client.receive(bytes);
    else if (this.#phase === 'response') this.#keepEarly(bytes);
  }

  /** Bytes of the server. */
  received(bytes: Buffer): void {
    let at = 0;
    while (this.#phase === 'response' && at < bytes.length) at = this.#receiveHead(bytes, at);
    if (at === bytes.length) return;
    const rest = at === 0 ? bytes : bytes.subarray(at);
    this.#record('received', rest);
    this.#server?.receive(rest);
    if (this.#phase === 'body') this.#body!.push(rest, 0, rest.length);
  }

  /** A direction ended: `how` is `end`, or an error such as `ECONNRESET`. `byPeer`: nobody else had ended the connection. */
  ended(direction: Direction, how: string, byPeer: boolean): void {
    if (direction === 'received' && this.#phase === 'response') this.#cutOff(byPeer && how === 'end');
    if (this.#story.wants('bytes')) {
      this.#story.report('bytes', { direction, offset: this.#positions[direction], bytes: nothing, ended: how });
    }
    (direction === 'sent' ? this.#client : this.#server)?.end();
  }

  /** Gives back the memory of what is not complete: nothing more comes. */
  discard(): void {
    this.#client?.end();
    this.#server?.end();
  }

  #record(direction: Direction, bytes: Buffer): void {
    const offset = this.#positions[direction];
    this.#positions[direction] += bytes.length;
    if (this.#story.wants('bytes')) this.#story.report('bytes', { direction, offset, bytes, ended: undefined });
  }

  #keepEarly(bytes: Buffer): void {
    if (this.#early === undefined) return;
    // It is passed on; a request with a body of any size is fine.
    const size = this.#early.length + bytes.length;
    this.#early = size > maxEarly ? undefined : Buffer.concat([this.#early, bytes]);
  }

  /** The server ended before its response was complete. */
  #cutOff(byServer: boolean): void {
    this.#phase = 'unread';
    this.#recordPartial();
    const violation = byServer ? this.#response.cutOff() : undefined;
    if (violation !== undefined) this.#broke('received', violation);
  }

  #recordPartial(): void {
    for (const piece of this.#partial.splice(0)) this.#record('received', piece);
  }

  #receiveHead(bytes: Buffer, start: number): number {
    const reader = this.#response;
    const offset = reader.size;
    try {
      const at = reader.push(bytes, start, bytes.length);
      const { head } = reader;
      if (head === undefined) {
        this.#partial.push(bytes.subarray(start, at));
        return at;
      }
      const status = parseStatusLine(head.startLine);
      this.#partial.length = 0;
      const { fields, lenient } = head;
      this.#positions.received = reader.size;
      this.#story.report('response', { direction: 'received', offset, ...status, fields, lenient });
      if (status.status < 200 && status.status !== 101) reader.skipHead();
      else this.#respond(status, head);
      return at;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#phase = 'unread';
      this.#broke('received', error);
      this.#recordPartial();
      return start;
    }
  }

  /** The final response. */
  #respond(status: StatusLine, head: Head): void {
    this.#status = status.status;
    const request = this.#request!;
    if (status.status !== 101 || !asksForWebSocket(request)) {
      this.#phase = 'body';
      this.#body = new RefusalBody(head, status.status);
      return;
    }
    let isBroken = false;
    const broke = (violation: Violation): void => {
      isBroken = true;
      this.#broke('received', violation);
    };
    const { subprotocol, extensions } = judgeResponse(status, head, request, broke);
    const agreement = readAgreement(request.values('sec-websocket-extensions').join(', '), extensions, broke);
    if (isBroken && this.#settings.strict) {
      this.#phase = 'unread'; // the client never sees it
      return;
    }
    if (agreement.opaque) this.#note(`frames only: what an extension of ${extensions} makes of payloads is not known`);
    this.#phase = 'frames';
    const early = this.#early;
    this.#early = nothing;
    if (this.#settings.readsFrames) {
      this.#server = this.#reader('received', agreement, head.size);
      if (early !== undefined) this.#client = this.#reader('sent', agreement, request.size);
      else this.#note(`client: its frames are not read: it sent more than ${maxEarly} bytes before the response`);
    }
    this.#story.report('open', { subprotocol, extensions });
    this.#settings.opened(head.size);
    if (early !== undefined) this.#client?.receive(early);
  }

  #reader(direction: Direction, agreement: Agreement, offset: number): FrameReader {
    const isClient = direction === 'sent';
    const { maxMessageSize, allowance } = this.#settings;
    const story = this.#story;
    return new FrameReader(
      {
        frame: (header: Readonly<FrameHeader>, payload, at) =>
          story.report('frame', { direction, offset: at, ...header, payload }),
        message: (data, at) =>
          story.report('message', {
            direction,
            offset: at,
            data: typeof data === 'string' ? data : new Uint8Array(data),
          }),
        close: (code, reason) => {
          if (isClient) this.#closeSent ??= { code, reason };
          else this.#closeReceived ??= { code, reason };
        },
        broke: (broken) => this.#report(direction, broken),
        note: (text) => this.#note(`${isClient ? 'client' : 'server'}: ${text}`),
      },
      {
        expectMasked: isClient,
        allowedRsv: agreement.allowedRsv,
        opaque: agreement.opaque,
        offset,
        inflater: isClient ? agreement.fromClient : agreement.fromServer,
        maxMessageSize,
        allowance,
      },
    );
  }

  #note(message: string): void {
    this.#story.report('relay', { message });
  }

  #broke(direction: Direction, { rule, expected, got, offset }: Violation): void {
    this.#report(direction, { rule, expected, got, offset });
  }

  #report(direction: Direction, broken: BrokenRule): void {
    const { rule, expected, got, offset, bytes } = broken;
    const { id, section, closeCode } = rule;
    this.#story.report('rule', { direction, offset, id, section, expected, got, closeCode, bytes });
    this.#settings.broke(direction, broken);
  }
}
