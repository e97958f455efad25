/** A file of its own for the declarations: Node's `Duplex` is there with Node's types only. */

/** What tells a `Duplex` stream of Node, or one that is made like it. */
export interface DuplexLike {
  write(chunk: never, ...more: never[]): boolean;
  on(event: never, listener: never): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(error?: never): unknown;
}

/** A stream that the program brings, or a function that makes one for each connection. */
export type ConnectionSource = DuplexLike | (() => DuplexLike | PromiseLike<DuplexLike>);
