/** Messages and control payloads -> frames, built back to back in the output, masked in place there (RFC 6455 §5). */
import { Buffer } from 'node:buffer';
import { isFasterHere, longestText, utf8Encoder } from '../text/encoder.js';
import { charLoop, maskedCopyLoop } from '../text/engine.js';
import { headerSize, lengthBits, writeHeader, writeShortHeader } from './header.js';
import { type MaskingKeys, mask } from './mask.js';
import { Opcode } from './opcode.js';
import { flushSize, Output } from './output.js';
import { sizeOf, sliceOf } from './payload.js';

/** RSV1 in the first byte: the message is compressed (RFC 7692 §6). */
const rsv1 = 0x40;
const fin = 0x80;

/** A string is encoded in pieces of at most this many characters: 3 bytes each fill less than one flush. */
const textPiece = 16384;

/** Framers that nobody uses: with thousands of connections, few have something to send at the same time. */
const spare: Framer[] = [];
const maxSpare = 16;
const nobody = { flush(): void {} };

/**
 * Writes whole messages as single frames. `keys` masks them, as a client must (RFC 6455 §5.1); without it they are
 * a server's.
 */
export class Framer {
  readonly output: Output;
  #keys: MaskingKeys | undefined;
  /** Its `flush` is called when `flushSize` is waiting, so that the start of a large message leaves while the rest is built. */
  #handler: { flush(): void };
  /** The masking key of the frame that was written last; 0 for a server's. */
  lastKey = 0;

  constructor(output: Output, keys: MaskingKeys | undefined, handler: { flush(): void }) {
    this.output = output;
    this.#keys = keys;
    this.#handler = handler;
  }

  /** A framer with an output of its own, until `giveBack`. */
  static borrow(keys: MaskingKeys | undefined, handler: { flush(): void }): Framer {
    const framer = spare.pop();
    if (framer === undefined) return new Framer(new Output(), keys, handler);
    framer.#keys = keys;
    framer.#handler = handler;
    return framer;
  }

  /** Gives a borrowed framer back, whose output has been taken. */
  giveBack(): void {
    this.#handler = nobody;
    this.#keys = undefined; // an observed connection's know of its recorder, and that of the request
    if (spare.length < maxSpare) spare.push(this);
  }

  /** One text frame; lone surrogates become U+FFFD, since no UTF-8 can carry them. */
  text(message: string): void {
    const { length } = message;
    if (length <= charLoop && this.#keys !== undefined && this.#shortAscii(message, this.#keys)) return;
    // A character is 1 to 3 bytes. Where both ends of that range take the same header, the bytes need not be counted
    // before they are written: counting costs up to as much as writing.
    const least = lengthBits(length);
    if (least < 64 && least === lengthBits(length * 3)) {
      return isFasterHere(message) ? this.#encodedText(message) : this.#textOfUnknownSize(message);
    }
    const size = Buffer.byteLength(message, 'utf8');
    const ascii = size === length;
    if (!ascii && isFasterHere(message)) return this.#encodedText(message);
    const masked = this.#keys !== undefined;
    const key = this.#keys?.next() ?? 0;
    this.lastKey = key;
    if (size <= flushSize && (ascii || length <= longestText)) {
      const at = this.#header(fin | Opcode.text, size, key, size);
      const { bytes, words } = this.output;
      bytes.write(message, at, size, ascii ? 'latin1' : 'utf8'); // latin1 copies, utf8 would look at every character
      if (masked) mask(bytes, words, at, at + size, key);
      this.#flushIfFull();
      return;
    }
    this.#header(fin | Opcode.text, size, key, 0);
    for (let from = 0, phase = 0; from < message.length; ) {
      let to = Math.min(from + (ascii ? flushSize : textPiece), message.length);
      // A surrogate pair must not be torn: each half alone would be encoded as U+FFFD.
      if (to < message.length && (message.charCodeAt(to - 1) & 0xfc00) === 0xd800 && to - from > 1) to--;
      const piece = message.slice(from, to);
      const here = !ascii && isFasterHere(piece);
      phase += here ? this.#encodedPiece(piece, key, phase) : this.#piece(piece, ascii, key, phase);
      from = to;
      this.#flushIfFull();
    }
  }

  /** @returns how many bytes it took */
  #piece(piece: string, ascii: boolean, key: number, phase: number): number {
    const most = ascii ? piece.length : piece.length * 3;
    const at = this.output.reserve(most);
    const { bytes, words } = this.output;
    const size = bytes.write(piece, at, most, ascii ? 'latin1' : 'utf8');
    this.output.unreserve(most - size);
    if (this.#keys !== undefined) mask(bytes, words, at, at + size, key, phase);
    return size;
  }

  /** @returns how many bytes it took */
  #encodedPiece(piece: string, key: number, phase: number): number {
    const encoder = utf8Encoder();
    const size = encoder.encode(piece);
    const at = this.output.reserve(size);
    const { bytes, words } = this.output;
    encoder.copyMasked(bytes, words, at, size, key, phase);
    return size;
  }

  #encodedText(message: string): void {
    const key = this.#keys?.next() ?? 0;
    this.lastKey = key;
    const encoder = utf8Encoder();
    const size = encoder.encode(message);
    const at = this.#header(fin | Opcode.text, size, key, size);
    const { bytes, words } = this.output;
    encoder.copyMasked(bytes, words, at, size, key, 0);
    this.#flushIfFull();
  }

  /** Writes the header behind its text: only then the size of the text is known. */
  #textOfUnknownSize(message: string): void {
    const masked = this.#keys !== undefined;
    const key = this.#keys?.next() ?? 0;
    this.lastKey = key;
    const headSize = headerSize(message.length, masked);
    const most = message.length * 3;
    const start = this.output.reserve(headSize + most);
    const at = start + headSize;
    const { bytes, words, view } = this.output;
    const size = bytes.write(message, at, most, 'utf8');
    this.output.unreserve(most - size);
    writeHeader(view, start, fin | Opcode.text, size, lengthBits(size), masked, key);
    if (masked) mask(bytes, words, at, at + size, key);
    this.#flushIfFull();
  }

  /** One binary frame. The payload is copied before this returns. */
  binary(payload: Uint8Array): void {
    this.#data(fin | Opcode.binary, payload);
  }

  /** One frame with a compressed message: RSV1 is set (RFC 7692 §6.1). */
  compressed(opcode: typeof Opcode.text | typeof Opcode.binary, payload: Uint8Array): void {
    this.#data(fin | rsv1 | opcode, payload);
  }

  /** One frame of a message in pieces; `compressed` for the first one of a compressed message. */
  fragment(opcode: number, payload: Uint8Array, last: boolean, compressed: boolean): void {
    this.#data((last ? fin : 0) | (compressed ? rsv1 : 0) | opcode, payload);
  }

  /** One control frame; the payload has at most 125 bytes (RFC 6455 §5.5). */
  control(opcode: typeof Opcode.close | typeof Opcode.ping | typeof Opcode.pong, payload: Uint8Array): void {
    this.#data(fin | opcode, payload);
  }

  #data(first: number, payload: Uint8Array): void {
    const size = sizeOf(payload);
    const masked = this.#keys !== undefined;
    const key = this.#keys?.next() ?? 0;
    this.lastKey = key;
    if (size <= flushSize) {
      const at = this.#header(first, size, key, size);
      const { bytes, words } = this.output;
      if (masked && size <= maskedCopyLoop) {
        copyMasked(payload, size, this.output, at, key);
      } else {
        bytes.set(payload, at);
        if (masked) mask(bytes, words, at, at + size, key);
      }
      this.#flushIfFull();
      return;
    }
    this.#header(first, size, key, 0);
    for (let from = 0; from < size; ) {
      const room = this.output.room;
      const to = Math.min(from + (room > 0 ? room : flushSize), size);
      const at = this.output.reserve(to - from);
      const { bytes, words } = this.output;
      bytes.set(sliceOf(payload, from, to), at);
      if (masked) mask(bytes, words, at, at + to - from, key, from);
      from = to;
      this.#flushIfFull();
    }
  }

  /** Header, masking key and characters of a short text in one go. Gives up, having written nothing, when it is not ASCII. */
  #shortAscii(message: string, keys: MaskingKeys): boolean {
    const size = message.length;
    const output = this.output;
    let at = output.reserve(size + 6);
    const { bytes, view } = output;
    const key = keys.next();
    this.lastKey = key;
    at = writeShortHeader(view, at, fin | Opcode.text, size, key);
    let all = 0;
    let i = 0;
    for (; i + 3 < size; i += 4, at += 4) {
      const c0 = message.charCodeAt(i);
      const c1 = message.charCodeAt(i + 1);
      const c2 = message.charCodeAt(i + 2);
      const c3 = message.charCodeAt(i + 3);
      all |= c0 | c1 | c2 | c3;
      if (all >= 0x80) break;
      view.setInt32(at, (c0 | (c1 << 8) | (c2 << 16) | (c3 << 24)) ^ key, true);
    }
    for (let shift = 0; i < size && all < 0x80; i++, at++, shift += 8) {
      const c = message.charCodeAt(i);
      all |= c;
      bytes[at] = c ^ (key >>> shift);
    }
    if (all >= 0x80) {
      output.unreserve(size + 6);
      return false;
    }
    this.#flushIfFull();
    return true;
  }

  /** Reserves the header and `payload` bytes behind it, in one piece, and writes the header. @returns where the payload starts */
  #header(first: number, size: number, key: number, payload: number): number {
    const masked = this.#keys !== undefined;
    const at = this.output.reserve(headerSize(size, masked) + payload);
    const { view } = this.output;
    const bits = lengthBits(size);
    if (bits === 7 && masked) return writeShortHeader(view, at, first, size, key);
    return writeHeader(view, at, first, size, bits, masked, key);
  }

  #flushIfFull(): void {
    if (this.output.size >= flushSize) this.#handler.flush();
  }
}

/** Copies a short payload and masks it on the way, four bytes at a time. */
function copyMasked(payload: Uint8Array, size: number, { bytes, view }: Output, start: number, key: number): void {
  let at = start;
  let i = 0;
  for (; i + 3 < size; i += 4, at += 4) {
    const word = payload[i]! | (payload[i + 1]! << 8) | (payload[i + 2]! << 16) | (payload[i + 3]! << 24);
    view.setInt32(at, word ^ key, true);
  }
  for (let shift = 0; i < size; i++, at++, shift += 8) bytes[at] = payload[i]! ^ (key >>> shift);
}
