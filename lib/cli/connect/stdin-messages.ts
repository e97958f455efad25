/** Bytes of stdin -> messages, several at a time: as many as one read brought. */
import { Buffer, isUtf8 } from 'node:buffer';
import { unescapeText } from './escape.js';
import type { Outgoing } from './message-argument.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The longest message: a text has to fit in a string. */
const maxMessage = 256 * 2 ** 20;

/** How stdin is parted into messages. */
export interface StdinForm {
  /** `lines`: at line ends; `nul`: at NUL; `nul-kept`: the same, and the NUL is sent; `length-prefixed`; `whole`: one. */
  readonly parts: 'lines' | 'nul' | 'nul-kept' | 'length-prefixed' | 'whole';
  /** Whether they are binary messages, and bytes are not looked at. */
  readonly binary: boolean;
  /** Whether `\n`, `\0`, … in a text stand for characters. */
  readonly escapes: boolean;
}

/**
 * The messages of a stream. Lines come without their ends (LF; of texts also CRLF), and what follows the last end is one if
 * it is not empty. A byte order mark before the first text belongs to the file, not to the text.
 *
 * @throws {Error} a text that is not UTF-8, which it has to be (RFC 6455 §5.6), or a message above 256 MiB
 */
export function readStdin(stream: AsyncIterable<Uint8Array>, form: StdinForm): AsyncGenerator<Outgoing[]> {
  if (form.parts === 'whole') return readWhole(stream);
  return form.parts === 'length-prefixed' ? readPrefixed(stream) : readParts(stream, form);
}

async function* readParts(stream: AsyncIterable<Uint8Array>, form: StdinForm): AsyncGenerator<Outgoing[]> {
  const separator = form.parts === 'lines' ? lineFeed : 0;
  const unit = form.parts === 'lines' ? 'line' : 'message';
  const kept = form.parts === 'nul-kept' ? 1 : 0;
  let number = 0;
  const decode = (bytes: Buffer): Outgoing => {
    number++;
    if (form.binary) return Buffer.from(bytes);
    const text = form.parts === 'lines' ? withoutReturn(bytes) : bytes;
    if (number === 1) checkEncoding(text, form.parts);
    if (!isUtf8(text)) throw new Error(`${unit} ${number} of stdin is not UTF-8, which a text message has to be`);
    const decoded = text.toString('utf8', number === 1 && startsWithMark(text) ? 3 : 0);
    if (!form.escapes) return decoded;
    return unescapeText(decoded, (why) => {
      throw new Error(`${unit} ${number} of stdin has ${why}`);
    });
  };
  // Pieces, joined once: a long line comes in many reads.
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const messages: Outgoing[] = [];
    let start = 0;
    for (let end = bytes.indexOf(separator); end >= 0; end = bytes.indexOf(separator, start)) {
      const rest = bytes.subarray(start, end + kept);
      messages.push(decode(pieces.length === 0 ? rest : Buffer.concat([...pieces, rest])));
      pieces = [];
      size = 0;
      start = end + 1;
    }
    size += bytes.length - start;
    if (size > maxMessage) throw new Error(`${unit} ${number + 1} of stdin is longer than ${maxMessage} bytes`);
    if (start < bytes.length) pieces.push(bytes.subarray(start));
    if (messages.length > 0) yield messages;
  }
  if (size > 0) yield [decode(Buffer.concat(pieces))];
}

async function* readWhole(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Outgoing[]> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    pieces.push(chunk);
    size += chunk.length;
    if (size > maxMessage)
      throw new Error(`stdin is longer than ${maxMessage} bytes, which is the most for one message`);
  }
  if (size > 0) yield [Buffer.concat(pieces)];
}

/** Four bytes of length, the highest first, and so many bytes, again and again. */
async function* readPrefixed(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Outgoing[]> {
  let pieces: Buffer[] = [];
  let size = 0;
  let needed = 4;
  let number = 1;
  for await (const chunk of stream) {
    pieces.push(Buffer.from(chunk));
    size += chunk.length;
    if (size < needed) continue;
    let bytes = Buffer.concat(pieces);
    const messages: Outgoing[] = [];
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0);
      if (length > maxMessage)
        throw new Error(`message ${number} of stdin has a length of ${length} bytes, expected ${maxMessage} at most`);
      if (bytes.length < 4 + length) break;
      messages.push(bytes.subarray(4, 4 + length));
      bytes = bytes.subarray(4 + length);
      number++;
    }
    needed = bytes.length < 4 ? 4 : 4 + bytes.readUInt32BE(0);
    pieces = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
    if (messages.length > 0) yield messages;
  }
  if (size > 0)
    throw new Error(`stdin ends within message ${number}: expected ${needed} bytes with the length, got ${size}`);
}

/** UTF-16 has its own marks, and NUL in every other byte of Latin text. @throws {Error} */
function checkEncoding(bytes: Buffer, parts: StdinForm['parts']): void {
  const [a = -1, b = -1, c = -1, d = -1] = bytes;
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const bare = parts === 'lines' && ((a > 0 && b === 0 && c > 0 && d <= 0) || (a === 0 && b > 0 && c === 0 && d > 0));
  if (marked || bare)
    throw new Error('stdin is UTF-16, and text messages are UTF-8: convert it, e.g. with iconv -f UTF-16 -t UTF-8');
}

function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}
