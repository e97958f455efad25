/** What programs that send bytes need of the platform's `util`: text and Base64, on Node's own. */
import { Buffer } from 'node:buffer';
import type { Bytes } from './bytes.js';
import { withPlaceholders } from './placeholder.js';

const NodeTextEncoder = globalThis.TextEncoder;
const NodeTextDecoder = globalThis.TextDecoder;

class TextEncoder {
  readonly encoding = 'utf-8';
  readonly #encoder = new NodeTextEncoder();

  /** @throws {RangeError} another encoding than UTF-8: Node has no other */
  constructor(encoding = 'utf-8') {
    if (/^utf-?8$/i.test(encoding)) return;
    throw new RangeError(`util.TextEncoder encodes UTF-8 only here, got ${JSON.stringify(encoding.slice(0, 40))}.`);
  }

  static create(encoding?: string): TextEncoder {
    return new TextEncoder(encoding);
  }

  encode(input = ''): Bytes {
    return this.#encoder.encode(input);
  }

  /** Two methods of one name: bytes for a text alone, counts when there is a place for the bytes. */
  encodeInto(input?: string): Bytes;
  encodeInto(input: string, dest: Uint8Array): { read: number; written: number };
  encodeInto(input = '', dest?: Uint8Array): Bytes | { read: number; written: number } {
    return dest === undefined ? this.encode(input) : this.#encoder.encodeInto(input, dest);
  }

  encodeIntoUint8Array(input: string, dest: Uint8Array): { read: number; written: number } {
    return this.#encoder.encodeInto(input, dest);
  }
}

class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly #decoder: InstanceType<typeof NodeTextDecoder>;

  constructor(encoding = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    this.#decoder = new NodeTextDecoder(encoding, options);
    ({ encoding: this.encoding, fatal: this.fatal, ignoreBOM: this.ignoreBOM } = this.#decoder);
  }

  static create(encoding?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder {
    return new TextDecoder(encoding, options);
  }

  decode(input?: Uint8Array, options?: { stream?: boolean }): string {
    return this.#decoder.decode(input, options);
  }

  decodeToString(input?: Uint8Array, options?: { stream?: boolean }): string {
    return this.#decoder.decode(input, options);
  }

  decodeWithStream(input?: Uint8Array, options?: { stream?: boolean }): string {
    return this.#decoder.decode(input, options);
  }
}

/** Kinds of Base64. The MIME ones have lines of at most 76 characters, each ended by CR LF. */
const Type = { BASIC: 0, MIME: 1, BASIC_URL_SAFE: 2, MIME_URL_SAFE: 3 } as const;
type Type = (typeof Type)[keyof typeof Type];

class Base64Helper {
  encodeToStringSync(src: Uint8Array, type: Type = Type.BASIC): string {
    const urlSafe = type === Type.BASIC_URL_SAFE || type === Type.MIME_URL_SAFE;
    const text = Buffer.from(src.buffer, src.byteOffset, src.byteLength).toString(urlSafe ? 'base64url' : 'base64');
    return type === Type.MIME || type === Type.MIME_URL_SAFE ? text.replace(/.{1,76}/g, '$&\r\n') : text;
  }

  encodeSync(src: Uint8Array, type?: Type): Bytes {
    return new NodeTextEncoder().encode(this.encodeToStringSync(src, type));
  }

  /** Reads every kind, whatever the type says. */
  decodeSync(src: Uint8Array | string, _type?: Type): Bytes {
    const text = typeof src === 'string' ? src : new NodeTextDecoder().decode(src);
    return new Uint8Array(Buffer.from(text, 'base64'));
  }

  async encodeToString(src: Uint8Array, type?: Type): Promise<string> {
    return this.encodeToStringSync(src, type);
  }

  async encode(src: Uint8Array, type?: Type): Promise<Bytes> {
    return this.encodeSync(src, type);
  }

  async decode(src: Uint8Array | string, type?: Type): Promise<Bytes> {
    return this.decodeSync(src, type);
  }
}

type Encoder = TextEncoder;
type Decoder = TextDecoder;
type Helper = Base64Helper;
type Kind = Type;

/** `Base64` is the name that `Base64Helper` had before API 9. */
export const util = withPlaceholders('util', '@ohos.util', {
  TextEncoder,
  TextDecoder,
  Base64Helper,
  Base64: Base64Helper,
  Type,
});
export declare namespace util {
  export type { Decoder as TextDecoder, Encoder as TextEncoder, Helper as Base64Helper, Kind as Type };
}
