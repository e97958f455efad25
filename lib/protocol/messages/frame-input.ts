/** The receiving half of a session once it is open: bytes -> frames -> messages. Made when the first frame arrives. */
import type { Buffer } from 'node:buffer';
import type { Budget } from '../framing/budget.js';
import { Deframer } from '../framing/deframer.js';
import { Assembler, type Inflater, type MessageHandler, type MessageLimits, type PieceReceiver } from './assembler.js';

export class FrameInput {
  readonly #assembler: Assembler;
  readonly #deframer: Deframer;

  /**
   * @param options `offset`: bytes that the peer had sent before its first frame, its response head; `expectMasked`:
   *   whether the peer is a client
   */
  constructor(
    handler: MessageHandler,
    limits: MessageLimits,
    options: { offset: number; expectMasked: boolean; inflater: Inflater | undefined; budget: Budget },
  ) {
    const { inflater, budget } = options;
    this.#assembler = new Assembler(handler, limits, budget);
    this.#deframer = new Deframer(this.#assembler, options);
    if (inflater === undefined) return;
    this.#assembler.inflater = inflater;
    this.#deframer.allowedRsv = 4; // RSV1 (RFC 7692 §6)
  }

  /** See `Deframer.receive`. */
  receive(bytes: Buffer, start: number, end: number): number {
    return this.#deframer.receive(bytes, start, end);
  }

  /** Who takes messages in pieces, from the next one on. */
  set pieces(receiver: PieceReceiver | undefined) {
    this.#assembler.pieces = receiver;
  }

  /** Forgets the message in progress, its bytes in particular. */
  discard(): void {
    this.#assembler.discard();
  }
}
