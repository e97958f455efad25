/** Messages in pieces: what one is made from (an async iterable, a `ReadableStream`, a `Blob`), and what one is read as. */

/** A piece of a message: text, or bytes. All pieces of a message are of one kind. */
export type MessagePiece = string | ArrayBuffer | ArrayBufferView;

/** What is used of a `ReadableStream`. */
export interface ReadableStreamLike {
  getReader(): {
    read(): Promise<{ done: boolean; value?: unknown }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What is used of a `Blob`. */
export interface BlobLike {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
  stream(): unknown;
}

/**
 * A message in pieces, of any size: an async iterable (a generator, a stream of Node), a `ReadableStream` or a `Blob`. It
 * is text when its first piece is a string; else binary.
 */
export type MessageSource = AsyncIterable<MessagePiece> | ReadableStreamLike | BlobLike;

/** One message, in pieces: strings that end between characters, or bytes. It can be read once. */
export interface MessagePieces extends AsyncIterableIterator<string | Uint8Array, undefined> {
  /** Text has strings for its pieces, binary has `Uint8Array`s. */
  readonly type: 'text' | 'binary';
}

/** Whether it can be sent in pieces. Types of other realms and of polyfills are fine. */
export function isMessageSource(data: unknown): data is MessageSource {
  if (typeof data !== 'object' || data === null) return false;
  try {
    return isAsyncIterable(data) || isReadableStream(data) || isBlobLike(data);
  } catch {
    return false; // a getter, or the trap of a proxy, throws
  }
}

export function isBlobLike(data: object): data is BlobLike {
  const { size, arrayBuffer, stream } = data as Partial<BlobLike>;
  return typeof size === 'number' && typeof arrayBuffer === 'function' && typeof stream === 'function';
}

function isAsyncIterable(data: object): data is AsyncIterable<unknown> {
  return typeof (data as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
}

function isReadableStream(data: object): data is ReadableStreamLike {
  return typeof (data as Partial<ReadableStreamLike>).getReader === 'function';
}

/** The pieces, one after the other. */
export function iterate(source: MessageSource): AsyncIterator<unknown> {
  if (isAsyncIterable(source)) return source[Symbol.asyncIterator]();
  if (!isReadableStream(source)) return iterate(source.stream() as MessageSource);
  const reader = source.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel();
      return { value: undefined, done: true };
    },
  };
}
