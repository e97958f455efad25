/** Pieces of a message as programs give them -> payloads of frames, of which none is large. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../protocol/framing/opcode.js';
import { typeName } from './arguments.js';
import { toBytes } from './bytes.js';
import { parameterError } from './errors.js';

/** A frame has at most so many bytes of a message in pieces: control frames pass between them. */
const largestFrame = 65536;
/** Characters of text, which are at most three bytes each. */
const largestText = 16384;

export class PieceEncoder {
  /** Of the message, once it has had a piece. */
  #kind: typeof Opcode.text | typeof Opcode.binary | undefined;
  /** The first half of a surrogate pair, whose other half is in the next piece. */
  #half = '';

  /** Of the whole message. One without a piece is binary, and empty. */
  get kind(): typeof Opcode.text | typeof Opcode.binary {
    return this.#kind ?? Opcode.binary;
  }

  /** @throws {BusinessError} 401 for what is not a piece, or of another kind than those before */
  *encode(piece: unknown): Generator<Uint8Array> {
    if (typeof piece === 'string') {
      this.#check(Opcode.text, piece);
      yield* this.#encodeText(this.#half + piece);
      return;
    }
    const bytes = toBytes(piece);
    if (bytes === undefined) {
      throw parameterError(`a piece of a message must be a string, an ArrayBuffer or a view, got ${typeName(piece)}.`);
    }
    this.#check(Opcode.binary, piece);
    for (let at = 0; at < bytes.length; at += largestFrame) yield bytes.subarray(at, at + largestFrame);
  }

  /** What is left when no piece follows: half a surrogate pair. */
  finish(): Uint8Array {
    return Buffer.from(this.#half);
  }

  *#encodeText(text: string): Generator<Uint8Array> {
    let end = text.length;
    if (isHighSurrogate(text, end - 1)) end--;
    this.#half = text.slice(end);
    for (let from = 0; from < end; ) {
      let to = Math.min(end, from + largestText);
      if (to < end && isHighSurrogate(text, to - 1)) to--;
      yield Buffer.from(text.slice(from, to));
      from = to;
    }
  }

  #check(kind: typeof Opcode.text | typeof Opcode.binary, piece: unknown): void {
    this.#kind ??= kind;
    if (this.#kind === kind) return;
    const wanted = kind === Opcode.text ? 'bytes' : 'strings';
    throw parameterError(
      `the pieces of a message that began with ${wanted} must be ${wanted}, got ${typeName(piece)}.`,
    );
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}
