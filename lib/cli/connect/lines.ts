/** Bytes of stdin -> lines, several at a time: as many as one read brought. */
import { Buffer, isUtf8 } from 'node:buffer';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The longest line: it has to fit in a string. */
const maxLine = 256 * 2 ** 20;

/**
 * The lines of a stream, without their ends (LF or CRLF); what comes after the last end is a line if it is not empty.
 *
 * @throws {Error} a line that is not UTF-8, which a text message has to be (RFC 6455 §5.6), or one above 256 MiB
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  let number = 0;
  const decode = (bytes: Buffer): string => {
    number++;
    if (!isUtf8(bytes)) throw new Error(`line ${number} of stdin is not UTF-8, which a text message has to be`);
    return bytes.toString('utf8');
  };
  // Pieces, joined once: a long line comes in many reads.
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      const rest = bytes.subarray(start, end);
      lines.push(decode(withoutReturn(pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]))));
      pieces = [];
      size = 0;
      start = end + 1;
    }
    size += bytes.length - start;
    if (size > maxLine) throw new Error(`line ${number + 1} of stdin is longer than ${maxLine} bytes`);
    if (start < bytes.length) pieces.push(bytes.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (size > 0) yield [decode(Buffer.concat(pieces))];
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}
