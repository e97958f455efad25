/**
 * Answers to the peer's pings. While the peer does not read, only the most recent ping is remembered, and answered when
 * it reads again, as RFC 6455 §5.5.3 allows: a flood of pings does not fill our memory with pongs.
 */
import { Buffer } from 'node:buffer';

export class PongReplies {
  #congested = false;
  #owed: Buffer | undefined;

  /** A ping has arrived. @returns what to answer now, if anything; good until the ping's memory is reused */
  pinged(payload: Buffer): Buffer | undefined {
    if (!this.#congested) return payload;
    this.#owed = Buffer.from(payload);
    return undefined;
  }

  /** Whether the peer does not keep up with what we send. @returns what to answer now, if anything */
  setCongested(congested: boolean): Buffer | undefined {
    this.#congested = congested;
    const owed = congested ? undefined : this.#owed;
    if (owed !== undefined) this.#owed = undefined;
    return owed;
  }
}
