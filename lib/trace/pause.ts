/** Waiting for the other end of a pipe without giving up the thread. */

/** Milliseconds between two looks. */
const length = 5;

/** Waits for 5 ms. */
export function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, length);
}
