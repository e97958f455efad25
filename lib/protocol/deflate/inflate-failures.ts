/** How decompressing a message fails. */
import { Violation } from '../rules.js';

/** The data is not DEFLATE (RFC 7692 §7.2.2). @param got what is wrong with it, in zlib's words */
export function failData(got: string, offset: number): never {
  throw new Violation('deflate-data', got, offset);
}

/** More comes out than a message may have (RFC 6455 §10.4). */
export function failSize(maxSize: number, offset: number): never {
  const expected = `a message has at most ${maxSize} bytes (maxMessageSize)`;
  throw new Violation('message-size', 'more after decompression', offset, expected);
}
