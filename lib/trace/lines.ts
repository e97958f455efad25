/** Events -> lines for people: `<` received, `>` sent, `!` a broken rule or a lost connection. */
import { Buffer, isUtf8 } from 'node:buffer';
import { styleText } from 'node:util';
import { describeCloseCode } from '../protocol/closing/close-code-name.js';
import { isControlOpcode, Opcode, opcodeName } from '../protocol/framing/opcode.js';
import type { Field } from '../protocol/http/field.js';
import { printable, printableJson, quote, shorten } from '../protocol/printable.js';
import type {
  Channel,
  Direction,
  FrameEvent,
  ObservedEvent,
  SessionCloseEvent,
  SessionMessageEvent,
  StepEvent,
} from '../protocol/recording/events.js';
import type { EventOf } from '../protocol/recording/reports.js';
import { describeBrokenFrame } from './broken-frame.js';
import { EventRedactor, type SecretsOptions } from './redaction.js';

/** The channels that lines are made of. */
export const traceChannels = ['handshake', 'frame', 'message', 'rule', 'close'] as const satisfies readonly Channel[];

export interface TraceLinesOptions extends SecretsOptions {
  /** Default `false`. */
  readonly colors?: boolean | undefined;
  /**
   * Milliseconds since 1970 of time 0: lines start with the time of day, in UTC. Default: they start with the seconds
   * since their connection started.
   */
  readonly timeOrigin?: number | undefined;
}

/** How much of a payload is shown: this many characters of text, or bytes. */
const shownText = 60;
const shownBytes = 16;

type Style = Parameters<typeof styleText>[0];
const styles = { '<': 'green', '>': 'cyan', '!': 'red', ' ': 'dim' } as const satisfies Record<string, Style>;
type Mark = keyof typeof styles;

interface Known {
  readonly start: number;
  /** When the request was sent. */
  requested: number | undefined;
  /** The opcode and RSV bits of the first frame of the message in progress, for each direction. */
  readonly sent: Started;
  readonly received: Started;
}

interface Started {
  opcode: number;
  compressed: boolean;
  /** Whether its frames did not show the message as it is: it was fragmented or compressed. */
  partial: boolean;
}

export class TraceLines {
  readonly #colors: boolean;
  readonly #redactor: EventRedactor | undefined;
  readonly #timeOrigin: number | undefined;
  readonly #connections = new Map<number, Known>();

  constructor({ colors = false, secrets = false, added, timeOrigin }: TraceLinesOptions = {}) {
    this.#colors = colors;
    this.#redactor = secrets ? undefined : new EventRedactor({ frames: true, added });
    this.#timeOrigin = timeOrigin;
  }

  /** The lines of an event, each with its line end; mostly one, sometimes none. */
  format(event: ObservedEvent): string {
    const known = this.#known(event);
    const prefix = `#${event.connection} ${this.#when(event.time, known.start)}`;
    const lines = this.#lines(this.#redactor?.redact(event) ?? event, known).map(([mark, text]) => {
      if (!this.#colors) return `${prefix} ${mark} ${text}\n`;
      // The stream is the caller's business: left to itself, styleText asks whether stdout takes colours.
      const paint = (style: Style, part: string) => styleText(style, part, { validateStream: false });
      return `${paint('dim', prefix)} ${paint(styles[mark], `${mark} ${text}`)}\n`;
    });
    if (event.type === 'close') this.#connections.delete(event.connection);
    return lines.join('');
  }

  #when(time: number, start: number): string {
    if (this.#timeOrigin === undefined) return `+${((time - start) / 1000).toFixed(3)}`;
    return new Date(this.#timeOrigin + time).toISOString();
  }

  #known(event: ObservedEvent): Known {
    const known = this.#connections.get(event.connection);
    if (known !== undefined) return known;
    const none = { opcode: 0, compressed: false, partial: false };
    const made = { start: event.time, requested: undefined, sent: { ...none }, received: { ...none } };
    this.#connections.set(event.connection, made);
    return made;
  }

  #lines<T extends ObservedEvent['type']>(event: EventOf<T>, known: Known): Line[] {
    const row: LineRow<T> | undefined = rows[event.type as T];
    return row?.(event, known) ?? [];
  }
}

type Line = [mark: Mark, text: string];
type LineRow<T extends ObservedEvent['type']> = (event: EventOf<T>, known: Known) => Line[];

/** What is shown of each event; of the others nothing is. */
const rows: { readonly [T in ObservedEvent['type']]?: LineRow<T> } = {
  connecting: ({ url }) => [[' ', `connecting to ${printable(url)}`]],
  step: (event) => [[' ', stepLine(event)]],
  request: ({ startLine, fields, time }, known) => {
    known.requested = time;
    return head('>', startLine, fields);
  },
  response: ({ version, status, message, fields, time, lenient = [] }, { requested = time }) => [
    ...head('<', `HTTP/${version} ${status} ${message}`.trimEnd(), fields),
    ...lenient.map((what): Line => ['<', `  (taken although it should not be sent: ${what})`]),
    [' ', `HTTP response: ${milliseconds(time - requested)} after the request`],
  ],
  open: ({ subprotocol, extensions }) => {
    const chosen = subprotocol === '' ? '' : `, subprotocol ${subprotocol}`;
    const negotiated = extensions === '' ? '' : `, extensions ${extensions}`;
    return [[' ', printable(`open${chosen}${negotiated}`)]];
  },
  frame: (event, known) => [[mark(event.direction), frameLine(event, known[event.direction])]],
  message: (event, known) => (known[event.direction].partial ? [[mark(event.direction), messageLine(event)]] : []),
  rule: ({ direction, id, section, expected, got, offset, bytes }) => {
    // Whoever traces a client knows that its peer is the server.
    const who = direction === 'sent' ? ' by the client' : '';
    return [
      ...(bytes === undefined || bytes.length === 0 ? [] : [[mark(direction), describeBrokenFrame(bytes)] as Line]),
      ['!', printable(`${id}${who} (${section}): expected that ${expected}; got ${got}, at byte ${offset}`)],
    ];
  },
  relay: ({ message }) => [[' ', printable(`relay: ${message}`)]],
  close: closeLines,
};

/** `TLS handshake: 6.1 ms, TLSv1.3, TLS_AES_256_GCM_SHA384, certificate "localhost"`. */
function stepLine({ step, duration, tcp, tls }: StepEvent): string {
  const facts = [
    milliseconds(duration),
    ...(tcp === undefined ? [] : [`to ${tcp.address} port ${tcp.port}, from port ${tcp.localPort}`]),
    ...(tls === undefined ? [] : [tls.version, tls.cipher]),
    ...(tls?.certificate === undefined ? [] : [`certificate ${quote(tls.certificate)}`]),
    ...(tls?.resumed ? ['session resumed'] : []),
  ];
  return printable(`${step}: ${facts.join(', ')}`);
}

function milliseconds(duration: number): string {
  return `${duration.toFixed(1)} ms`;
}

function head(mark: Mark, startLine: string, fields: readonly Field[]): Line[] {
  return [
    [mark, printable(startLine)],
    ...fields.map(([name, value]): Line => [mark, printable(`  ${name}: ${value}`)]),
  ];
}

function mark(direction: Direction): Mark {
  return direction === 'sent' ? '>' : '<';
}

function frameLine(event: FrameEvent, message: Started): string {
  const { opcode, payload, fin, rsv } = event;
  const name = opcodeName(opcode).toUpperCase();
  if (opcode === Opcode.close) return `${name} ${closeText(payload)}`;
  if (isControlOpcode(opcode)) return `${name}${payload.length === 0 ? '' : ` ${controlText(payload)}`} ${size(event)}`;
  if (opcode !== Opcode.continuation) {
    message.opcode = opcode;
    message.compressed = rsv !== 0;
    message.partial = !fin || message.compressed;
  }
  const text = message.opcode === Opcode.text && !message.compressed;
  // A relay keeps the start of a large frame only.
  const more = payload.length < event.length && text ? ' …' : '';
  return `${name} ${text ? quoted(payload.toString('utf8')) : bytesText(payload)}${more} ${size(event)}`;
}

function size({ length, fin, rsv }: FrameEvent): string {
  const notes = [`${length} bytes`, ...(rsv === 0 ? [] : ['compressed']), ...(fin ? [] : ['to be continued'])];
  return `[${notes.join(', ')}]`;
}

function messageLine({ data }: SessionMessageEvent): string {
  return typeof data === 'string'
    ? `  whole text message ${quoted(data)} [${Buffer.byteLength(data)} bytes]`
    : `  whole binary message ${bytesText(data)} [${data.length} bytes]`;
}

/** Text when it is text: all of it can be printed. */
function controlText(payload: Uint8Array): string {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
  return isUtf8(payload) && printable(text) === text ? quoted(text) : bytesText(payload);
}

/** Shown even when it breaks a rule, which has its own line. */
function closeText(payload: Uint8Array): string {
  if (payload.length === 0) return 'without a status code';
  const reason = payload.subarray(2);
  if (payload.length === 1 || !isUtf8(reason)) return `${bytesText(payload)} [${payload.length} bytes]`;
  const code = (payload[0]! << 8) | payload[1]!;
  return `${describeCloseCode(code)} ${quoted(Buffer.from(reason).toString('utf8'))}`;
}

function closeLines({ code, reason, opened, failure }: SessionCloseEvent): Line[] {
  const lines: Line[] = [];
  if (failure !== undefined) lines.push(['!', printable(failure.message)]);
  if (failure?.body) lines.push(['<', `  body: ${quoted(failure.body)}`]);
  lines.push([' ', opened ? `closed ${describeCloseCode(code)} ${quoted(reason)}` : 'not connected']);
  return lines;
}

function quoted(text: string): string {
  if (text.length <= shownText) return printableJson(text);
  const start = shorten(text, shownText - 20).slice(0, -1);
  return `${printableJson(start).slice(0, -1)} … ${printableJson(text.slice(-20)).slice(1)}`;
}

function bytesText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, shownBytes)).toString('hex');
  return `${hex.replace(/..(?=.)/g, '$& ')}${bytes.length > shownBytes ? ' …' : ''}`;
}
