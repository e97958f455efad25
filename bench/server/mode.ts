import type { Buffer } from 'node:buffer';

/** What the server does with a connection after its upgrade. */
export interface Mode {
  /** Bytes as they arrive, in any chunking. */
  data(chunk: Buffer): void;
}
