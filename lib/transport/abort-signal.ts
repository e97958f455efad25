/** A file of its own for the declarations: they name it, and must not need Node's types, which a plan does. */

/** What is used of an `AbortSignal`: its own type is there with the DOM library or Node's types only. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
