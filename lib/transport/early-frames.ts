/**
 * What arrives before the program has seen its connect succeed. The response head goes to the session alone; frames that
 * come with it, or right behind it, wait for a turn: a program that awaits connect, and then listens for messages, must
 * not miss the first ones.
 */
import { Buffer } from 'node:buffer';

const LF = 0x0a;
const CR = 0x0d;

export class EarlyFrames {
  #waiting: Buffer | undefined;

  /** Whether there are any. */
  get arrived(): boolean {
    return this.#waiting !== undefined;
  }

  keep(bytes: Buffer, start: number, end: number): void {
    const piece = bytes.subarray(start, end);
    this.#waiting = this.#waiting === undefined ? Buffer.from(piece) : Buffer.concat([this.#waiting, piece]);
  }

  take(): Buffer | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}

/** Where to cut a piece of a head so that nothing behind the empty line is in the same piece. */
export function headEnd(bytes: Buffer, start: number, end: number): number {
  // The empty line may have begun in the piece before.
  const lineEndFirst = bytes[start] === CR || bytes[start] === LF;
  // A line may end in LF alone.
  for (let at = bytes.indexOf(LF, start); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) {
    if (lineEndFirst) return at + 1;
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (next < end && bytes[next] === LF) return next + 1;
  }
  return end;
}
