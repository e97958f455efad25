/** The constants of DEFLATE: what the symbols of its three alphabets stand for (RFC 1951 §3.2.5 to §3.2.7). */

/** Literal/length alphabet: 0 to 255 are bytes, 256 ends a block, 257 to 285 are lengths; 286 and 287 never occur. */
export const endOfBlock = 256;
export const firstLength = 257;
export const literalSymbols = 286;
export const distanceSymbols = 30;
/** Symbols of the alphabet in which the lengths of the other two alphabets' codes are written (§3.2.7). */
export const codeLengthSymbols = 19;

/** A code of the first two alphabets has at most so many bits, one of the third at most so many. */
export const longestCode = 15;
export const longestLengthCode = 7;

export const longestMatch = 258;

/** RFC 1951 §3.2.5: bits behind a length symbol, counted from 257. The last one is 258 alone, and has none. */
const lengthBits: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5,
];
export const lengthExtra: readonly number[] = [...lengthBits, 0];
/** The least length that a length symbol stands for. */
export const lengthBase: readonly number[] = [...leastValues(3, lengthBits), longestMatch];

/** RFC 1951 §3.2.5: bits behind a distance symbol: none for the first four, then one more for every two symbols. */
export const distanceExtra: readonly number[] = Array.from({ length: distanceSymbols }, (_, symbol) =>
  Math.max(0, (symbol >> 1) - 1),
);
/** The least distance that a distance symbol stands for. */
export const distanceBase: readonly number[] = leastValues(1, distanceExtra);

/** Each symbol goes on where the values of the one before it end. */
function leastValues(first: number, extraBits: readonly number[]): number[] {
  let next = first;
  return extraBits.map((bits) => {
    const least = next;
    next += 1 << bits;
    return least;
  });
}

/** RFC 1951 §3.2.7: the order in which the lengths of the third alphabet's codes are written. */
export const codeLengthOrder: readonly number[] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** RFC 1951 §3.2.7: 16 repeats the length before it; 17 and 18 stand for zeros. */
export const repeatLength = 16;
export const repeatZero = 17;
export const repeatZeroLong = 18;
/** By symbol, from 16 on: the bits behind it, and the number of lengths when these are 0. */
export const repeatExtra: readonly number[] = [2, 3, 7];
export const repeatBase: readonly number[] = [3, 3, 11];

/** RFC 1951 §3.2.6: the lengths of the fixed codes, those that never occur included: they make the codes complete. */
export const fixedLiteralLengths: readonly number[] = Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
export const fixedDistanceLengths: readonly number[] = Array<number>(32).fill(5);
