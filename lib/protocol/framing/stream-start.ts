/** Where a stream of bytes starts. */

/**
 * Zero, for what counts the bytes of a stream, as the floating-point number that such a count becomes beyond 2 GiB: V8
 * keeps a small integer in another way, and throws the compiled code of all that touches it away when it grows too large.
 */
export const streamStart = -0;
