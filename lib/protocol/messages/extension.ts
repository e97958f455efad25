/** What an extension that works on whole messages has to do. */
import type { Buffer } from 'node:buffer';
import type { Inflater } from './assembler.js';

/** permessage-deflate, or any extension that works on whole messages. */
export interface MessageExtension extends Inflater {
  /** The offer in the request. */
  readonly offer: string;
  /** Takes the server's answer. @throws {Violation} `handshake-extension…`, `handshake-deflate-parameter` */
  accept(extensions: string): void;
  /** Whether a message of this many bytes is to be compressed; only called after a successful `accept`. */
  compresses(size: number): boolean;
  /** Compresses a whole message; `undefined` when it would not get smaller, and is to be sent as it is. */
  deflate(bytes: Uint8Array): Buffer | undefined;
  /** Compresses the next piece of a message whose size is not known; `last`: the message ends with it. */
  deflatePiece(bytes: Uint8Array, last: boolean): Buffer;
}
