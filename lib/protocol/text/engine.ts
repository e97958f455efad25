/**
 * Facts about V8 and Node that the codec rests on. Each is either detected or was measured; `engine.spec.ts` fails when
 * a workaround has no Node left that needs it.
 */
import { transcode } from 'node:buffer';

/** Whether `utf16le` is the order that a `Uint16Array` has. */
export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Whether Node decodes UTF-8 with SIMD. Up to Node 22 it takes 15 ns a Chinese character, ten times what a loop and a
 * copy of the UTF-16 take; from Node 24 on it takes 1.5 ns. `Float16Array` came with the same V8.
 */
export const nativeDecodesFast = 'Float16Array' in globalThis;

/**
 * Whether V8 encodes two-byte strings with SIMD. Before Node 26 it branches on every character, which takes 7 ns where
 * scripts mix and the processor cannot guess; a loop takes 1.5 ns. `getOrInsert` came with the same V8.
 */
export const nativeEncodesFast = 'getOrInsert' in Map.prototype;

/** Whether Node was built with ICU: only then does it have `transcode`. */
export const canTranscode = typeof (transcode as unknown) === 'function';

// Below these sizes, in characters or bytes, a loop is faster than a call into native code. Each was measured.

/** Reading the characters of a string, against `latin1` or `utf16le`. */
export const charLoop = 48;
/** Decoding bytes of UTF-8, against a view of them and `isAscii`. */
export const decodeLoop = 64;
/** Validating bytes of UTF-8, against a view of them and `isUtf8`. */
export const validateLoop = 48;
/** Copying bytes into an array of their size, against a view of them and `set`. */
export const copyLoop = 64;
/** Copying bytes and masking them on the way, against `set`, which costs as much for one byte as for 64, and `mask`. */
export const maskedCopyLoop = 32;

/** Above this many bytes, `transcode` to UTF-16 and a copy of that are as fast as the loop that decodes, or faster. */
export const longestDecodeLoop = 2048;
