/** What a program may bring as its connection, in a file without Node's types: those of `Duplex` come with them only. */

/** What tells a `Duplex` stream of Node, or one that is made like it. */
export interface DuplexLike {
  write(chunk: never, ...more: never[]): boolean;
  end(...more: never[]): unknown;
  on(event: never, listener: never): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(error?: never): unknown;
}

/** A stream that the program brings, or a function that makes one for each connection. */
export type ConnectionSource = DuplexLike | (() => DuplexLike | PromiseLike<DuplexLike>);

export function isDuplexLike(given: unknown): given is DuplexLike {
  const methods = ['write', 'end', 'on', 'pause', 'resume', 'destroy'] as const;
  return given != null && methods.every((method) => typeof (given as DuplexLike)[method] === 'function');
}
