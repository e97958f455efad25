/** One visit of a probe to the server: its connections, its time, its evidence, and the questions that many share. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import { handshakeAccept, handshakeKey } from '../protocol/handshake/client.js';
import type { Field } from '../protocol/http/field.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import type { Capabilities, Evidence } from './probe.js';
import { type Dialer, type IncomingFrame, type OutgoingFrame, Wire } from './raw-connection.js';

/** What to ask for, and what goes into every request. */
export interface AuditTarget {
  readonly hostField: string;
  readonly resource: string;
  readonly secure: boolean;
  readonly fields: readonly Field[];
  readonly subprotocols: readonly string[];
}

/** Times in milliseconds. */
export interface VisitTimes {
  /** For the whole of a probe. */
  readonly probe: number;
  /** How long a server that answers what follows a fault may still take to fail the connection. */
  readonly grace: number;
  /** How long TCP may stay open when both Close frames have passed. */
  readonly linger: number;
}

/** The server did not get far enough for the question to be put to it. */
export class NotObservable extends Error {}

/** A request head that can be changed. */
export interface RequestHead {
  readonly line: string;
  readonly fields: readonly Field[];
}

export type Change = (request: RequestHead) => RequestHead;

/** How the server answered an opening handshake. */
export type HandshakeOutcome =
  | { readonly kind: 'response'; readonly status: StatusLine; readonly head: Head; readonly accept: string }
  | { readonly kind: 'malformed' | 'end' | 'silence'; readonly got: string };

/** What followed something that was sent. */
export interface Aftermath {
  readonly frames: readonly IncomingFrame[];
  /** The server's Close frame. */
  readonly close: IncomingFrame | undefined;
  /** How TCP ended; not at all within the time. */
  readonly end: string | undefined;
  /** Whether the ping that followed was answered. */
  readonly carriedOn: boolean;
}

export class Visit {
  readonly evidence: Evidence[] = [];
  readonly target: AuditTarget;
  readonly times: VisitTimes;
  readonly #dial: Dialer;
  readonly #capabilities: Capabilities | undefined;
  readonly #abort = new AbortController();
  readonly #wires: Wire[] = [];
  readonly #start = performance.now();
  readonly deadline: number;

  constructor(options: {
    target: AuditTarget;
    dial: Dialer;
    times: VisitTimes;
    capabilities?: Capabilities | undefined;
  }) {
    this.target = options.target;
    this.times = options.times;
    this.#dial = options.dial;
    this.#capabilities = options.capabilities;
    this.deadline = this.#start + options.times.probe;
  }

  /** Milliseconds since the visit began. */
  get elapsed(): number {
    return performance.now() - this.#start;
  }

  /** Ends all connections. */
  end(): void {
    this.#abort.abort();
    for (const wire of this.#wires) wire.destroy();
  }

  /** The premise of a probe that sends messages. */
  require(kind: 'text' | 'binary', handling: 'echo' | 'accepted'): void {
    const found = this.#capabilities?.[kind] ?? 'echo';
    if (found === 'closed') throw new NotObservable(`the server ends the connection on any ${kind} message`);
    if (handling === 'echo' && found !== 'echo') throw new NotObservable(`the server does not echo ${kind} messages`);
  }

  async connect(): Promise<Wire> {
    const connection = this.#wires.length + 1;
    const wire = new Wire((evidence) => this.evidence.push({ time: this.elapsed, connection, ...evidence }));
    this.#wires.push(wire);
    const timer = setTimeout(
      () => this.#abort.abort(new Error('no connection in time')),
      this.deadline - performance.now(),
    );
    try {
      await wire.connect(this.#dial, this.#abort.signal);
    } catch (error) {
      throw new NotObservable(`no connection: ${(error as Error).message}`);
    } finally {
      clearTimeout(timer);
    }
    return wire;
  }

  /** A correct request, with the fields that the user gave. */
  request(key = handshakeKey((bytes) => bytes.set(randomBytes(bytes.length)))): RequestHead {
    const { hostField, resource, fields, subprotocols } = this.target;
    const all: Field[] = [
      ['Host', hostField],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key],
      ['Sec-WebSocket-Version', '13'],
    ];
    if (subprotocols.length > 0) all.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
    const own = fields.find(([name]) => name.toLowerCase() === 'host');
    if (own !== undefined) all[0] = own;
    return {
      line: `GET ${resource} HTTP/1.1`,
      fields: [...all, ...fields.filter(([name]) => name.toLowerCase() !== 'host')],
    };
  }

  /** Sends a request, changed if so wished, on a new connection. */
  async handshake(
    change: Change = (request) => request,
    pieces?: number,
  ): Promise<{ wire: Wire; outcome: HandshakeOutcome }> {
    const wire = await this.connect();
    const request = change(this.request());
    if (pieces === undefined) await wire.sendHead(request.line, request.fields);
    else await wire.sendPieces(request, pieces, 1);
    const key = request.fields.find(([name]) => name.toLowerCase() === 'sec-websocket-key')?.[1].trim() ?? '';
    const received = await wire.next(this.deadline);
    switch (received.kind) {
      case 'response':
        return { wire, outcome: { ...received, accept: handshakeAccept(key) } };
      case 'malformed':
        return { wire, outcome: { kind: 'malformed', got: received.message } };
      case 'end':
        return { wire, outcome: { kind: 'end', got: `no response, ${received.how}` } };
      default:
        return { wire, outcome: { kind: 'silence', got: `no response within ${this.times.probe / 1000} s` } };
    }
  }

  /** A connection on which frames can be sent. */
  async open(): Promise<Wire> {
    const { wire, outcome } = await this.handshake();
    if (outcome.kind !== 'response') throw new NotObservable(`the opening handshake failed: ${outcome.got}`);
    if (outcome.status.status !== 101) {
      throw new NotObservable(
        `the opening handshake was answered with ${outcome.status.status} ${outcome.status.message}`,
      );
    }
    return wire;
  }

  /**
   * Sends frames and a ping behind them, and watches until the connection ends. A server that answers the ping has
   * carried on. Its Close frame is answered, as a client's duty is.
   */
  async watch(
    wire: Wire,
    frames: readonly OutgoingFrame[],
    options: { ping?: boolean; closing?: boolean } = {},
  ): Promise<Aftermath> {
    const { ping = true, closing = false } = options;
    const payload = `still there? ${randomBytes(4).toString('hex')}`;
    await wire.sendFrames(...frames, ...(ping ? [{ opcode: Opcode.ping, payload }] : []));
    const seen: IncomingFrame[] = [];
    let close: IncomingFrame | undefined;
    let carriedOn = false;
    let limit = this.deadline;
    for (;;) {
      const received = await wire.next(limit);
      if (received.kind === 'end') return { frames: seen, close, end: received.how, carriedOn };
      if (received.kind !== 'frame') return { frames: seen, close, end: undefined, carriedOn };
      const { frame } = received;
      seen.push(frame);
      if (frame.opcode === Opcode.close && close === undefined) {
        close = frame;
        if (!closing) await wire.sendFrames({ opcode: Opcode.close, payload: frame.payload.subarray(0, 2) });
        limit = Math.min(limit, performance.now() + this.times.linger);
      } else if (frame.opcode === Opcode.pong && frame.payload.toString() === payload) {
        carriedOn = true;
        limit = Math.min(limit, performance.now() + this.times.grace);
      }
    }
  }

  /** Waits for the first frame that `wanted` takes; messages and control frames before it are let through. */
  async await(wire: Wire, wanted: (frame: IncomingFrame) => boolean): Promise<IncomingFrame | string> {
    for (;;) {
      const received = await wire.next(this.deadline);
      if (received.kind === 'end') return received.how;
      if (received.kind !== 'frame') return `nothing more within ${this.times.probe / 1000} s`;
      if (wanted(received.frame)) return received.frame;
      if (received.frame.opcode === Opcode.close) return describeClose(received.frame);
    }
  }

  /** Waits for a message, in however many frames, with this content; other messages before it are let through. */
  async awaitMessage(wire: Wire, opcode: number, content: Buffer): Promise<'came' | string> {
    let parts: Buffer[] = [];
    let current = 0;
    let other: string | undefined;
    for (;;) {
      const received = await this.await(wire, (frame) => !isControlOpcode(frame.opcode));
      if (typeof received === 'string') return other === undefined ? received : `${received}; before, ${other}`;
      if (received.opcode !== Opcode.continuation) {
        parts = [];
        current = received.opcode;
      }
      parts.push(received.payload);
      if (!received.fin) continue;
      const whole = Buffer.concat(parts);
      if (current === opcode && whole.equals(content)) return 'came';
      other = `a message of ${whole.length} bytes that is not the one sent`;
    }
  }
}

/** `a Close frame with 1002 "reason"`. */
export function describeClose({ payload }: IncomingFrame): string {
  if (payload.length === 0) return 'a Close frame without a code';
  if (payload.length === 1) return 'a Close frame with a body of 1 byte';
  const reason = payload.toString('utf8', 2);
  const quoted = reason === '' ? '' : ` ${JSON.stringify(reason.slice(0, 60))}`;
  return `a Close frame with ${payload.readUInt16BE()}${quoted}`;
}
