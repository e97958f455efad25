/** A message as the command line and the prompt spell it: text, or bytes, or what a file holds. */
import { Buffer, isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { UsageError } from '../command.js';
import { parseBase64, parseHex } from './byte-text.js';
import { unescapeText } from './escape.js';

export type Outgoing = string | Uint8Array;

export interface MessageForm {
  /** Whether `\n`, `\0`, `\u00e9` in a text stand for characters. */
  readonly escapes: boolean;
  /** Whether texts are sent as binary messages, too. */
  readonly binary: boolean;
}

/**
 * `hex:00 ff`, `base64:AP8=`, `@FILE` (`@-` is stdin), `text:…` for a text that begins like one of these; else the text.
 *
 * @param name what to call it in a complaint
 * @throws {UsageError}
 */
export function readMessageArgument(argument: string, name: string, { escapes, binary }: MessageForm): Outgoing {
  const [, prefix = '', rest = argument] = /^(hex:|base64:|text:|@)([^]*)$/.exec(argument) ?? [];
  switch (prefix) {
    case 'hex:':
      return parseHex(rest) ?? wrong(`${name} must have pairs of hexadecimal digits after hex:`);
    case 'base64:':
      return parseBase64(rest) ?? wrong(`${name} must have base64 after base64:`);
    case '@':
      return readMessageFile(rest, name, binary);
    default: {
      const text = escapes ? unescapeText(rest, (why) => wrong(`${name} has ${why}`)) : rest;
      return binary ? Buffer.from(text) : text;
    }
  }
}

/** A file that is UTF-8 is a text message, any other one is binary. A byte order mark belongs to the file. */
function readMessageFile(path: string, name: string, binary: boolean): Outgoing {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    return wrong(
      `${name} cannot be read: ${(error as Error).message}; a text that begins with "@" is given as text:@…`,
    );
  }
  if (binary || !isUtf8(bytes)) return bytes;
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function wrong(message: string): never {
  throw new UsageError(message);
}
