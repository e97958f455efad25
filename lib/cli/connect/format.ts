/** What was received -> a line of output. */
import { Buffer } from 'node:buffer';
import { CloseCode } from '../../protocol/closing/close-code.js';
import { printable, printableJson, quote } from '../../protocol/printable.js';
import { describeFailure } from '../connection-options.js';
import type { Ending, Opened } from '../link.js';
import { type Paint, painter } from '../terminal.js';

export type ConversationEvent =
  | { readonly type: 'open'; readonly opened: Opened }
  | { readonly type: 'text'; readonly data: string }
  | { readonly type: 'binary'; readonly data: ArrayBuffer }
  /** `milliseconds`: since the ping that it answers; none for an unsolicited one. */
  | { readonly type: 'pong'; readonly payload: Buffer; readonly milliseconds: number | undefined }
  | { readonly type: 'close'; readonly ending: Ending };

/** A line without its end, or bytes to write as they are; `undefined`: it is not shown. */
export type Format = (received: ConversationEvent) => string | Uint8Array | undefined;

type TextFormat = (received: ConversationEvent) => string | undefined;

/** How messages are written, texts and binary ones alike: their bytes, or a line of digits each. */
export const outputForms = ['raw', 'hex', 'base64', 'length-prefixed'] as const;
export type OutputForm = (typeof outputForms)[number];

/** Characters of a message that a terminal is shown. */
const shownText = 10_000;
/** Bytes of a message that a terminal is shown. */
const shownBytes = 256;

export interface OutputSettings {
  readonly json: boolean;
  /** None: texts as they are, binary ones as `hex:…`. */
  readonly output: OutputForm | undefined;
  /** What ends a message; `nul-kept`: NUL, when it does not end so already. */
  readonly lineEnd: '\n' | 'nul' | 'nul-kept';
  /** At a prompt rather than line by line. */
  readonly interactive: boolean;
}

export function chooseFormat(
  { json, output, interactive }: OutputSettings,
  stdout: { readonly isTTY?: boolean },
): Format {
  if (json) return (received) => formatJson(received, undefined, output === 'base64' ? 'base64' : 'hex');
  if (output !== undefined) return formatAs(output);
  const paint = painter(stdout);
  if (interactive) return formatInteractive(paint);
  return stdout.isTTY === true ? formatEscaped(paint) : formatRaw;
}

/** What comes as bytes is written as it is, but with a NUL where messages end so. */
export function endLine(line: string | Uint8Array, { lineEnd, json }: OutputSettings): string | Uint8Array {
  if (lineEnd === '\n' || json) return typeof line === 'string' ? `${line}\n` : line;
  const ends = typeof line === 'string' ? line.endsWith('\0') : line.at(-1) === 0;
  if (lineEnd === 'nul-kept' && ends) return line;
  return typeof line === 'string' ? `${line}\0` : Buffer.concat([line, Buffer.alloc(1)]);
}

/** Messages only, as they are; binary ones as `hex:…`. For pipes and files. */
export function formatRaw(received: ConversationEvent): string | undefined {
  if (received.type === 'text') return received.data;
  if (received.type === 'binary') return `hex:${Buffer.from(received.data).toString('hex')}`;
  return undefined;
}

/** Messages only, whatever they are, in one form. */
export function formatAs(form: OutputForm): Format {
  return (received) => {
    if (received.type !== 'text' && received.type !== 'binary') return undefined;
    const bytes = Buffer.from(received.data as string);
    if (form === 'raw') return bytes;
    if (form !== 'length-prefixed') return bytes.toString(form);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
}

/** Messages only, on a terminal: no control character of the peer's reaches it. */
export function formatEscaped(paint: Paint): TextFormat {
  return (received) => {
    if (received.type === 'text') return escaped(received.data, paint);
    if (received.type === 'binary') return hex(received.data, paint);
    return undefined;
  };
}

/** Everything, for a person at the prompt. */
export function formatInteractive(paint: Paint): TextFormat {
  const mark = paint('green', '<');
  return (received) => {
    switch (received.type) {
      case 'open':
        return paint('dim', describeOpened(received.opened));
      case 'text':
        return `${mark} ${escaped(received.data, paint)}`;
      case 'binary':
        return `${mark} ${hex(received.data, paint)} ${paint('dim', `(binary, ${received.data.byteLength} bytes)`)}`;
      case 'pong': {
        const { payload, milliseconds } = received;
        const time = milliseconds === undefined ? 'not asked for' : `${milliseconds.toFixed(1)} ms`;
        const shown = payload.length === 0 ? '' : ` ${quote(payload.toString(), 125)}`;
        return `${mark} ${paint('magenta', `pong${shown}`)} ${paint('dim', `(${time})`)}`;
      }
      case 'close':
        return paint('dim', describeEnding(received.ending));
    }
  };
}

/** One JSON object a line: everything. Binary data is hexadecimal, or base64. */
export function formatJson(received: ConversationEvent, time = new Date(), digits: 'hex' | 'base64' = 'hex'): string {
  return jsonLine(jsonOf(received, digits), time);
}

export function jsonLine(event: object, time = new Date()): string {
  return printableJson({ ...event, time: time.toISOString() });
}

function jsonOf(received: ConversationEvent, digits: 'hex' | 'base64'): object {
  const { type } = received;
  switch (type) {
    case 'open': {
      const { subprotocol, extensions, headers } = received.opened;
      return { type, subprotocol, extensions, headers };
    }
    case 'text':
      return { type, data: received.data };
    case 'binary':
      return { type, size: received.data.byteLength, [digits]: Buffer.from(received.data).toString(digits) };
    case 'pong': {
      const { payload, milliseconds } = received;
      return { type, hex: payload.toString('hex'), ...(milliseconds === undefined ? {} : { milliseconds }) };
    }
    case 'close': {
      const { code, reason, failure } = received.ending;
      return { type, code, reason, ...(failure === undefined ? {} : { failure: describeFailure(failure) }) };
    }
  }
}

/** How a connection ended, as a sentence without control characters. */
export function describeEnding({ code, reason, failure }: Ending): string {
  const why = failure === undefined ? '' : ` (${describeFailure(failure)})`;
  const codeless: Record<number, string> = {
    [CloseCode.noStatusReceived]: 'closed without a status code',
    [CloseCode.abnormal]: 'lost without a closing handshake',
  };
  const how = codeless[code] ?? `closed ${code}`;
  // The reason that we gave a server for its mistake is in the sentence about it.
  const given = reason === '' || failure?.kind === 'violation' ? '' : ` ${JSON.stringify(reason)}`;
  return printable(`${how}${given}${why}`);
}

function describeOpened({ subprotocol, extensions }: Opened): string {
  const parts = [subprotocol === '' ? '' : `, subprotocol ${subprotocol}`, extensions === '' ? '' : `, ${extensions}`];
  return printable(`connected${parts.join('')}`);
}

function escaped(text: string, paint: Paint): string {
  const shown = printable(text.slice(0, shownText), (sequence) => paint('yellow', sequence));
  if (text.length <= shownText) return shown;
  return `${shown} ${paint('dim', `… (${text.length} characters; a pipe, a file or --json gets all)`)}`;
}

function hex(data: ArrayBuffer, paint: Paint): string {
  const shown = `hex:${Buffer.from(data, 0, Math.min(data.byteLength, shownBytes)).toString('hex')}`;
  return data.byteLength <= shownBytes ? shown : `${shown} ${paint('dim', `… (${data.byteLength} bytes)`)}`;
}
