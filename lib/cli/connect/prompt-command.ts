/** What a line typed at the prompt of `connect` asks for. */
import { Buffer } from 'node:buffer';
import { isReservedCloseCode, maxReasonSize, maySendCloseCode } from '../../protocol/closing/close-code.js';
import { parseBase64, parseHex } from './byte-text.js';

export type PromptCommand =
  | { readonly type: 'nothing' | 'help' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'ping'; readonly payload: Buffer }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  | { readonly type: 'binary'; readonly bytes: Buffer }
  | { readonly type: 'file'; readonly path: string }
  /** The line means nothing; why, for the user. */
  | { readonly type: 'mistake'; readonly message: string };

export const commandHelp = `What you type is sent as a text message. Commands:
  /ping [PAYLOAD]        a ping with at most 125 bytes; the pong is shown with its round-trip time
  /close [CODE REASON]   close, by default with 1000
  /binary FILE|hex:…     a binary message: a file, or bytes like hex:00ff, hex:00 ff
                         or base64:AP8=
  /help                  this
  //…                    a text message that begins with one "/"
An empty line is not sent. Ctrl-C clears the line, or closes; Ctrl-D closes.`;

export const commandNames = ['/ping', '/close', '/binary', '/help'] as const;

/** The most that a ping can carry (RFC 6455 §5.5). */
const maxPing = 125;

export function parseCommand(line: string): PromptCommand {
  if (line === '') return { type: 'nothing' };
  if (!line.startsWith('/')) return { type: 'text', text: line };
  if (line.startsWith('//')) return { type: 'text', text: line.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)\s*([^]*)$/.exec(line) ?? [];
  switch (name) {
    case 'ping':
      return ping(rest);
    case 'close':
      return close(rest.trimEnd());
    case 'binary':
      return binary(rest.trimEnd());
    case 'help':
      return { type: 'help' };
    default:
      return mistake(
        `expected ${commandNames.join(', ')}, got /${name}; to send a text that begins with "/" write "//"`,
      );
  }
}

function ping(text: string): PromptCommand {
  const payload = Buffer.from(text);
  if (payload.length <= maxPing) return { type: 'ping', payload };
  return mistake(`a ping has at most ${maxPing} bytes (RFC 6455 §5.5), got ${payload.length}`);
}

function close(rest: string): PromptCommand {
  const [, digits = '', reason = ''] = /^(\S*)\s*([^]*)$/.exec(rest) ?? [];
  const code = digits === '' ? 1000 : Number(digits);
  if (!/^\d*$/.test(digits) || !maySendCloseCode(code)) {
    const why = isReservedCloseCode(code) ? ' must never be sent (RFC 6455 §7.4.1)' : ' is no code that may be sent';
    return mistake(`expected 1000 to 1003, 1007 to 1014 or 3000 to 4999: ${digits}${why}`);
  }
  const size = Buffer.byteLength(reason);
  if (size > maxReasonSize) return mistake(`a reason has at most ${maxReasonSize} bytes of UTF-8, got ${size}`);
  return { type: 'close', code, reason };
}

function binary(rest: string): PromptCommand {
  if (rest === '') return mistake('expected /binary FILE, /binary hex:00ff or /binary base64:AP8=');
  if (rest.startsWith('hex:')) {
    const bytes = parseHex(rest.slice('hex:'.length));
    return bytes === undefined ? mistake('expected pairs of hexadecimal digits after hex:') : { type: 'binary', bytes };
  }
  if (!rest.startsWith('base64:')) return { type: 'file', path: rest };
  const bytes = parseBase64(rest.slice('base64:'.length));
  return bytes === undefined ? mistake('expected base64 after base64:') : { type: 'binary', bytes };
}

function mistake(message: string): PromptCommand {
  return { type: 'mistake', message };
}
