/**
 * A WebSocket echo server written for the specs of the audit: correct, or with exactly one fault out of a table.
 *
 * It shares only the decoding of frame headers with the library, so that a mistake in the library's own server side
 * does not hide one in a probe.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import net from 'node:net';
import { decodeHeader, frameHeader } from '../../lib/protocol/framing/header.js';
import { acceptFor } from '../peer/acceptance.js';
import { frame } from '../peer/frames.js';
import { answerOffers, type DeflateFault, FaultyDeflate, InflateProblem } from './faulty-deflate.js';

export interface ServerRequest {
  readonly line: string;
  /** Names as they came, white space before the colon included; values without white space around them. */
  readonly fields: readonly (readonly [name: string, value: string, raw: string])[];
  readonly size: number;
  /** In how many chunks it came. */
  readonly chunks: number;
  values(name: string): string[];
}

export interface ServerFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  readonly lengthBits: number;
  readonly maskingKey: number;
  /** Unmasked; empty while only the header is there. */
  readonly payload: Buffer;
}

export interface ServerState {
  /** Opcode of the fragmented message under way; 0: none. */
  readonly message: number;
  /** Frames of that message so far. */
  readonly fragments: number;
  /** Frames of the connection so far. */
  readonly frames: number;
  /** The pings that were answered or not, so far. */
  readonly pings: number;
  /** The frame before this one. */
  readonly last: ServerFrame | undefined;
  /** Whether compression was agreed on. */
  readonly deflate: boolean;
}

export interface Sent {
  fin?: boolean;
  rsv?: number;
  opcode: number;
  masked?: boolean;
  lengthBits?: 7 | 16 | 64;
  payload: Buffer;
}

/** What a faulty server does otherwise. */
export interface Fault {
  /** Changes the status that a request deserves. */
  status?(request: ServerRequest, status: number): number;
  /** Changes the fields of the response; `status` is the one that is sent. */
  fields?(fields: string[], request: ServerRequest, status: number): string[];
  /** Changes what the response starts with. */
  statusLine?: string;
  /** Overlooks the rule that this frame or message breaks. */
  overlooks?(frame: ServerFrame, rule: string, state: ServerState): boolean;
  /** Fails the connection on a frame that breaks no rule; with this code. */
  refuses?(frame: ServerFrame, state: ServerState): number | undefined;
  /** Fails the connection when a frame comes in pieces. */
  needsWhole?(opcode: number, fin: boolean, length: number, state: ServerState): boolean;
  /** Changes a message that is echoed; `undefined`: no echo. */
  echo?(opcode: number, payload: Buffer): Buffer | undefined;
  /** Changes the payload of a pong; `undefined`: no pong. */
  pong?(payload: Buffer, state: ServerState): Buffer | undefined;
  /** Answers a pong. */
  answersPongs?: true;
  /** Changes a frame of the server's. */
  sends?(frame: Sent): Sent;
  /** Changes the body of the server's Close frame; `undefined`: none is sent. */
  close?(body: Buffer, reply: Buffer, state: ServerState): Buffer | undefined;
  /** Drops TCP, without a Close frame, when it fails a connection. */
  failsSilently?: true;
  /** Never closes TCP. */
  keepsTcp?: true;
  /** Goes on with these frames after a Close frame, before (or after) its own. */
  afterClose?: { opcode: number; answer: 'before' | 'after' };
  /** Dies, for all clients, of such a frame; before its payload is there. */
  diesOf?(frame: ServerFrame, state: ServerState): boolean;
  /** Dead, it resets as many connections before it is back, instead of answering 500 for ever. */
  isBackAfter?: number;
  /** Sends these as well, before or after it does what it has to with a frame. */
  also?(frame: ServerFrame, when: 'before' | 'after'): Sent[];
  /** Sends these as well when it fails a connection, before or after its Close frame. */
  alsoFailing?(when: 'before' | 'after'): Sent[];
  /** Says this to every client, unasked. */
  greeting?: string;
  /** Turns a client away, with these lines of a head, or without a word; `open` connections there are, of `total` that there were. */
  limits?(open: number, total: number): string[] | undefined;
  /** Resets a connection as soon as this much of it has come: nothing, its head, or a frame. */
  resets?(total: number): 'at once' | 'before the answer' | 'before a frame' | undefined;
  diesOfHeads?: number;
  diesOfVanishing?: true;
  /** Makes everybody wait for a request that is not complete. */
  blocks?: true;
  /** In its compression. `null`: it has none. */
  deflate?: DeflateFault | null;
  /** A client: closes TCP as soon as both Close frames have passed. */
  closesFirst?: true;
  /** Sends its Close frame twice when it fails a connection. */
  closesTwice?: true;
  /** The masking keys of a faulty client. */
  key?(): Buffer;
}

export interface FaultyServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startFaultyServer(fault: Fault = {}): Promise<FaultyServer> {
  const sockets = new Set<Socket>();
  const shared = { dead: false, waiting: 0, total: 0, sockets };
  let reset = 0;
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    if (shared.dead && fault.isBackAfter !== undefined) {
      socket.resetAndDestroy();
      shared.dead = ++reset < fault.isBackAfter;
      if (!shared.dead) reset = 0;
      return;
    }
    shared.total++;
    if (fault.resets?.(shared.total) === 'at once') return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new FaultyConnection(socket, fault, shared);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The status that a request deserves. */
function judge(request: ServerRequest): number {
  const one = (name: string): string | undefined =>
    request.values(name).length === 1 ? request.values(name)[0] : undefined;
  const tokens = (name: string): string[] =>
    request.values(name).flatMap((value) =>
      value
        .toLowerCase()
        .split(',')
        .map((part) => part.trim()),
    );
  if (request.size > 65536) return 431;
  if (request.fields.some(([name]) => /\s$/.test(name))) return 400;
  if (!/^GET \S+ HTTP\/1\.1$/.test(request.line)) return 400;
  if (one('host') === undefined) return 400;
  if (!tokens('upgrade').includes('websocket') || !tokens('connection').includes('upgrade')) return 426;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(one('sec-websocket-key') ?? '')) return 400;
  if (!/^\d+$/.test(one('sec-websocket-version') ?? '')) return 400;
  return one('sec-websocket-version') === '13' ? 101 : 426;
}

/** The rule that a frame breaks, by what its header tells. */
function brokenByHeader(
  frame: ServerFrame,
  state: ServerState,
  isClient: boolean,
): [rule: string, code: number] | undefined {
  const { rsv, opcode, masked, fin, length, lengthBits } = frame;
  if (masked === isClient) return ['mask', 1002];
  const isCompressed = state.deflate && rsv === 4 && (opcode === 1 || opcode === 2);
  if (rsv !== 0 && !isCompressed) return ['rsv', 1002];
  if ((opcode > 2 && opcode < 8) || opcode > 10) return ['opcode', 1002];
  if (opcode >= 8 && !fin) return ['control-fin', 1002];
  if (opcode >= 8 && length > 125) return ['control-length', 1002];
  if (length >= 2 ** 63) return ['top-bit', 1002];
  if (lengthBits > (length < 126 ? 7 : length < 65536 ? 16 : 64)) return ['minimal', 1002];
  if (opcode === 0 && state.message === 0) return ['continuation', 1002];
  if ((opcode === 1 || opcode === 2) && state.message !== 0) return ['interleaved', 1002];
  if (length > 2 ** 24) return ['size', 1009];
  return undefined;
}

function brokenByClose({ payload }: ServerFrame): [rule: string, code: number] | undefined {
  if (payload.length === 0) return undefined;
  if (payload.length === 1) return ['close-length', 1002];
  const code = payload.readUInt16BE();
  const assigned = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
  if (!assigned && !(code >= 3000 && code <= 4999)) return ['close-code', 1002];
  return isUtf8(payload.subarray(2)) ? undefined : ['close-utf8', 1007];
}

export interface Shared {
  dead: boolean;
  waiting: number;
  readonly total: number;
  readonly sockets: ReadonlySet<Socket>;
}

export class FaultyConnection {
  readonly #socket: Socket;
  readonly #fault: Fault;
  readonly #shared: Shared;
  readonly #resets: ReturnType<NonNullable<Fault['resets']>>;
  readonly #limit: string[] | undefined;
  readonly #isClient: boolean;
  #buffer = Buffer.alloc(0);
  #open = false;
  #stopped = false;
  #chunks = 0;
  #state = {
    message: 0,
    fragments: 0,
    frames: 0,
    pings: 0,
    last: undefined as ServerFrame | undefined,
    deflate: false,
  };
  #parts: Buffer[] = [];
  #deflate: FaultyDeflate | undefined;
  /** Whether the message under way is. */
  #isCompressed = false;

  /** @param isOpen of a client: the opening handshake is done elsewhere */
  constructor(socket: Socket, fault: Fault, shared: Shared, isOpen = false) {
    this.#isClient = isOpen;
    this.#open = isOpen;
    this.#socket = socket;
    this.#fault = fault;
    this.#shared = shared;
    this.#resets = fault.resets?.(shared.total);
    this.#limit = fault.limits?.(shared.sockets.size, shared.total);
    shared.waiting++;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    const vanished = (): void => {
      if (this.#buffer.length > 0 && this.#open && !this.#stopped && fault.diesOfVanishing) shared.dead = true;
    };
    socket.on('end', () => {
      vanished();
      socket.end();
    });
    socket.on('close', () => {
      vanished();
      if (!this.#open) shared.waiting--;
    });
  }

  #receive(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (this.#shared.dead)
      return void this.#socket.end('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n');
    if (!this.#open) this.#receiveHead();
    if (this.#open) this.#receiveFrames();
  }

  // ------------------------------------------------------------------ the opening handshake

  #receiveHead(): void {
    this.#chunks++;
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (this.#stopped || end < 0) return;
    const [line, ...lines] = this.#buffer.toString('latin1', 0, end).split('\r\n');
    this.#buffer = this.#buffer.subarray(end + 4);
    const fields = lines.map((text): [string, string, string] => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon), text.slice(colon + 1).trim(), text.slice(colon + 1)];
    });
    const values = (name: string): string[] =>
      fields.flatMap(([given, value]) => (given.trim().toLowerCase() === name ? [value] : []));
    this.#answer({ line: line!, fields, values, size: end + 4, chunks: this.#chunks });
  }

  #answer(request: ServerRequest): void {
    const fault = this.#fault;
    if (request.size > (fault.diesOfHeads ?? Infinity)) this.#shared.dead = true;
    if (this.#resets === 'before the answer') return void this.#socket.resetAndDestroy();
    if (this.#limit !== undefined) {
      this.#stopped = true;
      if (this.#limit.length === 0) return void this.#socket.end();
      return void this.#socket.end([...this.#limit, 'Content-Length: 0', '', ''].join('\r\n'));
    }
    // The connection that asks waits as well; any other one blocks it.
    if (fault.blocks && this.#shared.waiting > 1) return;
    const offers = fault.deflate === null ? '' : request.values('sec-websocket-extensions').join(',');
    const deserved = offers === '' ? undefined : answerOffers(offers);
    const answer =
      offers === '' ? undefined : fault.deflate?.answers ? fault.deflate.answers(offers, deserved) : deserved;
    const judged = typeof answer === 'number' && judge(request) === 101 ? answer : judge(request);
    const status = fault.status?.(request, judged) ?? judged;
    let fields: string[];
    if (status === 101) {
      const key = request.values('sec-websocket-key')[0] ?? '';
      const accept = acceptFor(key);
      const offered = request.values('sec-websocket-protocol')[0]?.split(',')[0];
      fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
      if (offered !== undefined) fields.push(`Sec-WebSocket-Protocol: ${offered}`);
      if (typeof answer === 'string') this.#compress(answer, fields);
    } else {
      fields = [
        'Content-Length: 0',
        ...(status === 426 ? ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'] : []),
      ];
    }
    fields = fault.fields?.(fields, request, status) ?? fields;
    const head = [
      `${status === 101 ? (fault.statusLine ?? 'HTTP/1.1 101') : `HTTP/1.1 ${status}`} Because`,
      ...fields,
      '',
      '',
    ].join('\r\n');
    if (status === 101) {
      this.#socket.write(head);
      this.#open = true;
      if (fault.greeting !== undefined) this.#send({ opcode: 1, payload: Buffer.from(fault.greeting) });
      this.#shared.waiting--;
    } else {
      this.#stopped = true;
      this.#socket.end(head);
    }
  }

  #compress(answer: string, fields: string[]): void {
    fields.push(`Sec-WebSocket-Extensions: ${answer}`);
    this.compresses(answer);
  }

  /** Both sides have agreed on compression. */
  compresses(answer: string): void {
    this.#deflate = new FaultyDeflate(answer, this.#fault.deflate ?? {});
    this.#state.deflate = true;
  }

  // ------------------------------------------------------------------ frames

  #receiveFrames(): void {
    const header = frameHeader();
    while (this.#buffer.length > 0 && !this.#stopped) {
      if (this.#resets === 'before a frame') return void this.#socket.resetAndDestroy();
      const size = this.#buffer.length < 2 ? 0 : decodeHeader(this.#buffer, 0, this.#buffer.length, header);
      const complete = size > 0 && this.#buffer.length >= size + header.length;
      if (!complete) {
        const first = this.#buffer[0]!;
        if (this.#fault.needsWhole?.(first & 15, first >= 128, size > 0 ? header.length : 0, this.#state))
          return this.#fail(1002);
      }
      if (size === 0) return;
      const start: ServerFrame = { ...header, payload: Buffer.alloc(0) };
      if (this.#fault.diesOf?.(start, this.#state)) {
        this.#shared.dead = true;
        if (this.#fault.isBackAfter !== undefined)
          return [...this.#shared.sockets].forEach((socket) => void socket.resetAndDestroy());
      }
      const problem = brokenByHeader(start, this.#state, this.#isClient);
      if (problem !== undefined && !this.#fault.overlooks?.(start, problem[0], this.#state))
        return this.#fail(problem[1]);
      if (!complete) return;
      const payload = Buffer.from(this.#buffer.subarray(size, size + header.length));
      if (header.masked) for (let i = 0; i < payload.length; i++) payload[i]! ^= this.#buffer[size - 4 + (i & 3)]!;
      this.#buffer = this.#buffer.subarray(size + header.length);
      const whole: ServerFrame = { ...start, payload };
      for (const sent of this.#fault.also?.(whole, 'before') ?? []) this.#send(sent);
      this.#handle(whole);
      for (const sent of this.#fault.also?.(whole, 'after') ?? []) this.#send(sent);
      this.#state.frames++;
      this.#state.last = whole;
    }
  }

  #handle(frame: ServerFrame): void {
    const { opcode, payload } = frame;
    const refused = this.#fault.refuses?.(frame, this.#state);
    if (refused !== undefined) return this.#fail(refused);
    if (opcode === 8) return this.#handleClose(frame);
    if (opcode === 9) {
      this.#state.pings++;
      const answer = this.#fault.pong === undefined ? payload : this.#fault.pong(payload, this.#state);
      if (answer !== undefined) this.#send({ opcode: 10, payload: answer });
    } else if (opcode === 10) {
      if (this.#fault.answersPongs) this.#send({ opcode: 10, payload });
    } else if (opcode <= 2) {
      this.#handleData(frame);
    }
  }

  #handleData(frame: ServerFrame): void {
    const { opcode, fin, payload } = frame;
    if (opcode !== 0) {
      this.#state.message = opcode;
      this.#state.fragments = 0;
      this.#parts = [];
      this.#isCompressed = this.#deflate !== undefined && (frame.rsv & 4) !== 0;
    }
    this.#state.fragments++;
    this.#parts.push(payload);
    if (!fin) return;
    const whole = this.#inflated(Buffer.concat(this.#parts));
    if (whole === undefined) return;
    const message = this.#state.message;
    if (message === 1 && !isUtf8(whole) && !this.#fault.overlooks?.({ ...frame, payload: whole }, 'utf8', this.#state))
      return this.#fail(1007);
    this.#state.message = 0;
    const echo = this.#fault.echo === undefined ? whole : this.#fault.echo(message, whole);
    if (echo === undefined || message === 0) return;
    if (this.#deflate === undefined) this.#send({ opcode: message, payload: echo });
    else this.#send({ opcode: message, rsv: 4, payload: this.#deflate.deflate(echo) });
  }

  #inflated(data: Buffer): Buffer | undefined {
    if (!this.#isCompressed) {
      this.#deflate?.plain(data);
      return data;
    }
    try {
      return this.#deflate!.inflate(data);
    } catch (error) {
      if (!(error instanceof InflateProblem)) throw error;
      this.#fail(error.code);
      return undefined;
    }
  }

  #handleClose(frame: ServerFrame): void {
    const { payload } = frame;
    const problem = brokenByClose(frame);
    const overlooked = problem === undefined || this.#fault.overlooks?.(frame, problem[0], this.#state);
    if (!overlooked) return this.#fail(problem[1]);
    const { afterClose } = this.#fault;
    if (afterClose?.answer === 'before') this.#answerRest(afterClose.opcode);
    const reply = payload.subarray(0, 2);
    const body = this.#fault.close === undefined ? reply : this.#fault.close(payload, reply, this.#state);
    if (body !== undefined) this.#send({ opcode: 8, payload: body });
    if (afterClose?.answer === 'after') this.#answerRest(afterClose.opcode);
    this.#end();
  }

  /** Answers the frames of one kind that came together with the Close frame. */
  #answerRest(opcode: number): void {
    const header = frameHeader();
    for (let bytes = this.#buffer; bytes.length > 0; ) {
      const size = decodeHeader(bytes, 0, bytes.length, header);
      if (size === 0) return;
      const payload = Buffer.from(bytes.subarray(size, size + header.length));
      if (header.masked) for (let i = 0; i < payload.length; i++) payload[i]! ^= bytes[size - 4 + (i & 3)]!;
      if (header.opcode === opcode) this.#send({ opcode: opcode === 9 ? 10 : opcode, payload });
      bytes = bytes.subarray(size + header.length);
    }
  }

  #fail(code: number): void {
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    for (const sent of this.#fault.alsoFailing?.('before') ?? []) this.#send(sent);
    if (!this.#fault.failsSilently) this.#send({ opcode: 8, payload: body });
    for (const sent of this.#fault.alsoFailing?.('after') ?? []) this.#send(sent);
    if (this.#fault.closesTwice) this.#send({ opcode: 8, payload: body });
    this.#end();
  }

  #end(): void {
    this.#stopped = true;
    // A client waits for its server to do that, unless it has sent no Close frame.
    const waits = this.#isClient && !this.#fault.closesFirst && !this.#fault.failsSilently;
    if (!this.#fault.keepsTcp && !waits) this.#socket.end();
  }

  #send(plain: Sent): void {
    const { opcode, payload, ...parts } = this.#fault.sends?.(plain) ?? plain;
    const key = this.#isClient && parts.masked !== false ? (this.#fault.key?.() ?? randomBytes(4)) : undefined;
    this.#socket.write(frame(opcode, payload, { key, ...parts }));
  }
}
