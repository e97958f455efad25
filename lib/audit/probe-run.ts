/** A probe at work on a server, or a client: its connections, its time, its evidence, and the exchanges that many probes share. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import { handshakeAccept, handshakeKey } from '../protocol/handshake/client.js';
import type { Field } from '../protocol/http/field.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import { quote } from '../protocol/printable.js';
import { Secrets } from '../protocol/secrets.js';
import { EvidenceLog } from './evidence-log.js';
import { type OverheardFault, Overhearing } from './overheard.js';
import type { Capabilities, Finding, Question } from './probe.js';
import { type Dialer, type IncomingFrame, type OutgoingFrame, type Peer, RawConnection } from './raw-connection.js';
import { describeRefusal, describeStatus, type LimitRefusal, refusalOf, turnedAway } from './refusal.js';

/** A question that can be put to a server. */
export interface Probe extends Question {
  /** @throws {NotObservable} when the server does not get far enough for the question to be put */
  ask(run: ProbeRun): Promise<Finding>;
}

/** What to ask for, and what goes into every request. */
export interface AuditTarget {
  readonly hostField: string;
  readonly resource: string;
  readonly secure: boolean;
  readonly fields: readonly Field[];
  readonly subprotocols: readonly string[];
}

/** Times in milliseconds. */
export interface ProbeTimes {
  /** For the whole of a probe. */
  readonly probe: number;
  /** How long a server that answers what follows a fault may still take to fail the connection. */
  readonly grace: number;
  /** How long TCP may stay open when both Close frames have passed. */
  readonly linger: number;
}

/** What all runs of an audit have in common. */
export interface RunOptions {
  readonly target: AuditTarget;
  readonly dial: Dialer;
  readonly times: ProbeTimes;
  /** What the server does with messages. Without it, it is taken for one that echoes. */
  readonly capabilities?: Capabilities | undefined;
}

/** The server did not get far enough for the question to be put to it. */
export class NotObservable extends Error {
  /** It has too many clients. */
  readonly refusal: LimitRefusal | undefined;

  constructor(message: string, refusal?: LimitRefusal) {
    super(message);
    this.refusal = refusal;
  }
}

/** A request head that can be changed. */
export interface RequestHead {
  readonly line: string;
  readonly fields: readonly Field[];
}

/** Turns a correct request into the one to send. */
export type Mutation = (request: RequestHead) => RequestHead;

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
  /** The server sent more than is read: why nothing more is known. */
  readonly excess?: string;
}

export class ProbeRun {
  readonly log: EvidenceLog;
  readonly target: AuditTarget;
  readonly times: ProbeTimes;
  /** Who is asked. */
  readonly peer: Peer = 'server';
  readonly #dial: Dialer;
  readonly #capabilities: Capabilities | undefined;
  readonly #abort = new AbortController();
  readonly #connections: RawConnection[] = [];
  readonly #ears: Overhearing[] = [];
  readonly #start = performance.now();

  constructor(options: RunOptions) {
    this.target = options.target;
    const { hostField: host } = options.target;
    this.log = new EvidenceLog(Secrets.ofRequest({ ...options.target, host }));
    this.times = options.times;
    this.#dial = options.dial;
    this.#capabilities = options.capabilities;
  }

  /** When its time is over, on the clock of `performance.now`; pauses of its own making do not count. */
  get deadline(): number {
    const paused = this.#connections.reduce((sum, { pausedFor }) => sum + pausedFor, 0);
    return this.#start + this.times.probe + paused;
  }

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return performance.now() - this.#start;
  }

  /** What the server broke on the connections so far, whatever was asked. */
  get overheard(): readonly OverheardFault[] {
    return this.#ears.flatMap(({ faults }) => faults);
  }

  /** Ends all connections. */
  end(): void {
    this.#abort.abort();
    for (const connection of this.#connections) connection.destroy();
  }

  /** Whether messages come that nobody asked for: then they say nothing about a probe. */
  get peerTalks(): boolean {
    return this.#capabilities?.talks === true;
  }

  /** The premise of a probe that sends messages. */
  require(kind: 'text' | 'binary', handling: 'echo' | 'accepted'): void {
    const found = this.#capabilities?.[kind] ?? 'echo';
    if (found === 'closed') throw new NotObservable(`the ${this.peer} ends the connection on any ${kind} message`);
    if (handling === 'echo' && found !== 'echo')
      throw new NotObservable(`the ${this.peer} does not echo ${kind} messages`);
  }

  async connect(): Promise<RawConnection> {
    const number = this.#connections.length + 1;
    const ear = this.peer === 'server' ? new Overhearing() : undefined;
    if (ear !== undefined) this.#ears.push(ear);
    const connection = new RawConnection((step) => this.log.add(this.elapsed, number, step), this.peer, ear);
    this.#connections.push(connection);
    const timer = setTimeout(
      () => this.#abort.abort(new Error('no connection in time')),
      this.deadline - performance.now(),
    );
    try {
      await connection.connect(this.#dial, this.#abort.signal);
    } catch (error) {
      throw new NotObservable(`no connection: ${(error as Error).message}`);
    } finally {
      clearTimeout(timer);
    }
    return connection;
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

  /**
   * Sends a request, changed if so wished, on a new connection.
   *
   * @throws {NotObservable} when there is no connection, or the server has too many clients
   */
  async handshake(
    mutate: Mutation = (request) => request,
    pieces?: number,
  ): Promise<{ connection: RawConnection; outcome: HandshakeOutcome }> {
    const connection = await this.connect();
    const request = mutate(this.request());
    if (pieces === undefined) await connection.sendHead(request.line, request.fields);
    else await connection.sendPieces(request, pieces, 1);
    const key = request.fields.find(([name]) => name.toLowerCase() === 'sec-websocket-key')?.[1].trim() ?? '';
    const received = await connection.next(this.deadline);
    switch (received.kind) {
      case 'response':
        this.#requireRoom(received.status, received.head);
        return { connection, outcome: { ...received, accept: handshakeAccept(key) } };
      case 'malformed':
      case 'excess':
        return {
          connection,
          outcome: { kind: 'malformed', got: received.kind === 'excess' ? received.how : received.message },
        };
      case 'end':
        return { connection, outcome: { kind: 'end', got: `no response, ${received.how}` } };
      default:
        return { connection, outcome: { kind: 'silence', got: `no response within ${this.times.probe / 1000} s` } };
    }
  }

  #requireRoom(status: StatusLine, head: Head): void {
    const refusal = refusalOf(status, head, Date.now());
    if (refusal !== undefined) throw new NotObservable(describeRefusal(refusal), refusal);
  }

  /** A connection on which frames can be sent. */
  async open(): Promise<RawConnection> {
    const { connection, outcome } = await this.handshake();
    if (outcome.kind !== 'response') throw new NotObservable(`the opening handshake failed: ${outcome.got}`);
    const { status, head } = outcome;
    if (status.status === 101) return connection;
    // Before the first probe nothing is known of correct requests.
    if (this.#capabilities === undefined)
      throw new NotObservable(`the opening handshake was answered with ${describeStatus(status)}`);
    const refusal = turnedAway(status, head, Date.now());
    throw new NotObservable(describeRefusal(refusal), refusal);
  }

  /**
   * Sends frames and a ping behind them, and watches until the connection ends. A server that answers the ping has
   * carried on. Its Close frame is answered, as a client's duty is.
   */
  async watch(
    connection: RawConnection,
    frames: readonly OutgoingFrame[],
    options: { ping?: boolean; closing?: boolean } = {},
  ): Promise<Aftermath> {
    const { ping = true, closing = false } = options;
    const payload = `still there? ${randomBytes(4).toString('hex')}`;
    await connection.sendFrames(...frames, ...(ping ? [{ opcode: Opcode.ping, payload }] : []));
    const seen: IncomingFrame[] = [];
    let close: IncomingFrame | undefined;
    let carriedOn = false;
    let limit = this.deadline;
    for (;;) {
      const received = await connection.next(limit);
      if (received.kind === 'end') return { frames: seen, close, end: received.how, carriedOn };
      if (received.kind === 'excess') return { frames: seen, close, end: undefined, carriedOn, excess: received.how };
      if (received.kind !== 'frame') return { frames: seen, close, end: undefined, carriedOn };
      const { frame } = received;
      seen.push(frame);
      if (frame.opcode === Opcode.close && close === undefined) {
        close = frame;
        if (!closing) await connection.sendFrames({ opcode: Opcode.close, payload: frame.payload.subarray(0, 2) });
        limit = Math.min(limit, performance.now() + this.times.linger);
      } else if (frame.opcode === Opcode.pong && frame.payload.toString() === payload) {
        carriedOn = true;
        limit = Math.min(limit, performance.now() + this.times.grace);
      }
    }
  }

  /** Waits for the first frame that `wanted` takes; messages and control frames before it are let through. */
  async await(connection: RawConnection, wanted: (frame: IncomingFrame) => boolean): Promise<IncomingFrame | string> {
    for (;;) {
      const received = await connection.next(this.deadline);
      if (received.kind === 'end' || received.kind === 'excess') return received.how;
      if (received.kind !== 'frame') return `nothing more within ${this.times.probe / 1000} s`;
      if (wanted(received.frame)) return received.frame;
      if (received.frame.opcode === Opcode.close) return describeClose(received.frame);
    }
  }

  /** Waits for a message, in however many frames, with this content; other messages before it are let through. */
  async awaitMessage(connection: RawConnection, opcode: number, content: Buffer): Promise<'came' | string> {
    let parts: Buffer[] = [];
    let current = 0;
    let other: string | undefined;
    for (;;) {
      const received = await this.await(connection, (frame) => !isControlOpcode(frame.opcode));
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
  return `a Close frame with ${payload.readUInt16BE()}${reason === '' ? '' : ` ${quote(reason)}`}`;
}
