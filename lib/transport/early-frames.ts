/**
 * What arrives before the program has seen its connect succeed. The response head goes to the session alone; frames that
 * come with it, or right behind it, wait for a turn: a program that awaits connect, and then listens for messages, must
 * not miss the first ones.
 */
import { Buffer } from 'node:buffer';

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
  const lineEndFirst = bytes[start] === 0x0d || bytes[start] === 0x0a;
  const mark = lineEndFirst ? '\n' : '\r\n\r\n';
  const at = bytes.subarray(start, end).indexOf(mark);
  return at < 0 ? end : start + at + mark.length;
}
