/** Sending for sessions that have an extension or an observer: messages are compressed, and every frame is shown. */
import { Buffer } from 'node:buffer';
import type { Fragment, SessionObserver } from './contracts.js';
import type { Framer } from './framing/framer.js';
import { lengthBits } from './framing/header.js';
import type { MaskingKeys } from './framing/mask.js';
import { Opcode } from './framing/opcode.js';
import type { OutputSink } from './framing/output-queue.js';
import type { MessageExtension } from './messages/extension.js';

type MessageOpcode = typeof Opcode.text | typeof Opcode.binary;
type ControlOpcode = typeof Opcode.close | typeof Opcode.ping | typeof Opcode.pong;

export class ObservedSender {
  readonly #sink: OutputSink;
  readonly #keys: MaskingKeys | undefined;
  readonly #extension: MessageExtension | undefined;
  readonly #observer: SessionObserver | undefined;
  readonly #isOpen: () => boolean;
  /** Whether the message that is being sent in pieces is compressed. */
  #compressesPieces = false;

  /** @param isOpen asked again after an observer was called: it may have closed the session, and nothing follows a Close */
  constructor(
    sink: OutputSink,
    keys: MaskingKeys | undefined,
    extension: MessageExtension | undefined,
    observer: SessionObserver | undefined,
    isOpen: () => boolean,
  ) {
    this.#sink = sink;
    this.#keys = keys;
    this.#extension = extension;
    this.#observer = observer;
    this.#isOpen = isOpen;
  }

  get #framer(): Framer {
    return this.#sink.framer(this.#keys);
  }

  /** @returns whether it was sent: see `isOpen` */
  text(message: string): boolean {
    const bytes = Buffer.from(message);
    this.#observer?.message('sent', message);
    return this.#message(Opcode.text, bytes, () => this.#framer.text(message));
  }

  /** @returns whether it was sent: see `isOpen` */
  binary(message: Uint8Array): boolean {
    this.#observer?.message('sent', message);
    return this.#message(Opcode.binary, message, () => this.#framer.binary(message));
  }

  /** @returns whether it was sent: see `isOpen` */
  fragment({ opcode, payload, fin }: Fragment): boolean {
    if (!this.#isOpen()) return false;
    const isFirst = opcode !== Opcode.continuation;
    if (isFirst) this.#compressesPieces = this.#extension !== undefined;
    const compressed = this.#compressesPieces;
    const data = compressed ? this.#extension!.deflatePiece(payload, fin) : payload;
    if (!this.#isOpen()) return false;
    const rsv = compressed && isFirst ? 4 : 0;
    this.#frame(opcode, rsv, data, () => this.#framer.fragment(opcode, data, fin, rsv !== 0), fin);
    return true;
  }

  control(opcode: ControlOpcode, payload: Uint8Array): void {
    this.#frame(opcode, 0, payload, () => this.#framer.control(opcode, payload));
  }

  #message(opcode: MessageOpcode, bytes: Uint8Array, sendAsIs: () => void): boolean {
    if (!this.#isOpen()) return false;
    const compressed = this.#extension?.compresses(bytes.length) ? this.#extension.deflate(bytes) : undefined;
    if (!this.#isOpen()) return false; // recording what was compressed calls observers as well
    if (compressed === undefined) this.#frame(opcode, 0, bytes, sendAsIs);
    else this.#frame(opcode, 4, compressed, () => this.#framer.compressed(opcode, compressed));
    return true;
  }

  #frame(opcode: number, rsv: number, payload: Uint8Array, send: () => void, fin = true): void {
    const offset = this.#sink.position;
    send();
    if (this.#observer === undefined) return;
    const { length } = payload;
    this.#observer.frame(
      'sent',
      {
        fin,
        rsv,
        opcode,
        masked: this.#keys !== undefined,
        maskingKey: this.#framer.lastKey,
        length,
        lengthBits: lengthBits(length),
      },
      Buffer.from(payload.buffer, payload.byteOffset, length),
      offset,
    );
  }
}
