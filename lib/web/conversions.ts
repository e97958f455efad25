/** What the arguments of the class become, by the rules of Web IDL. */
import { toUSVString as wellFormed } from 'node:util';
import { toBytes } from '../api/bytes.js';
import { isMessageSource } from '../api/message-source.js';

/** USVString: lone surrogates become U+FFFD. @throws {TypeError} for a symbol */
export function toUSVString(value: unknown): string {
  return wellFormed(`${value as string}`);
}

/**
 * What is neither bytes nor a `Blob` is sent as text, whatever it is; but the text of a stream, "[object ReadableStream]", is
 * what nobody wants to send.
 *
 * @throws {TypeError} for a symbol, and for a stream
 */
export function toText(value: unknown): string {
  if (!isMessageSource(value)) return toUSVString(value);
  throw new TypeError('send takes no stream: a WebSocket of webSocket.createWebSocket() sends one, in pieces.');
}

/** [Clamp] unsigned short: the nearest integer from 0 to 65535, of two the even one. */
export function clampToUnsignedShort(value: unknown): number {
  const number = Number(value);
  if (!(number > 0)) return 0;
  if (number >= 65535) return 65535;
  const below = Math.floor(number);
  const rest = number - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Whether it is a `Blob` or a `File`, of any realm. */
export function isBlob(value: unknown): value is Blob {
  if (value instanceof Blob) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { [Symbol.toStringTag]: tag, arrayBuffer } = value as Partial<Blob> & { [Symbol.toStringTag]?: unknown };
  return (tag === 'Blob' || tag === 'File') && typeof arrayBuffer === 'function';
}

/** These throw for every other object, in any realm. */
const lengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!;
const sharedLengthOf = Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength')!.get!;

function succeeds(getter: () => unknown, value: unknown): boolean {
  try {
    getter.call(value);
    return true;
  } catch {
    return false;
  }
}

/** Asked in this order, since an exception takes ten times as long as sending a short message. */
function isShared(value: unknown): boolean {
  return !succeeds(lengthOf, value) && succeeds(sharedLengthOf, value);
}

const none = new Uint8Array(0);

/**
 * The bytes of an `ArrayBuffer` or a view, not copied; `undefined` for what is neither, which is sent as text.
 *
 * @throws {TypeError} for memory that threads share, or that can be resized: other code may change it during the call
 */
export function bufferSource(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isView = ArrayBuffer.isView(value);
  const buffer: unknown = isView ? value.buffer : value;
  if (isShared(buffer)) throw new TypeError('data must not be, or lie in, a SharedArrayBuffer.');
  const bytes = toBytes(value);
  // What is detached has no bytes any more: an empty message, by the standard.
  if (bytes === undefined) return isView || isDetached(value) ? none : undefined;
  if ((buffer as { resizable?: boolean }).resizable === true) {
    throw new TypeError('data must not be, or lie in, an ArrayBuffer that can be resized.');
  }
  return bytes;
}

function isDetached(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]' && value instanceof ArrayBuffer;
}
