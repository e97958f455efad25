/**
 * What goes beyond the documented API, each loaded by its first use: see `core-on-demand.ts`. Bundlers take
 * `additions-bundled.ts` in its place (`imports` in package.json).
 */
import { createRequire } from 'node:module';

/** Each addition, behind a function that loads it. */
export interface Additions {
  reconnection(): typeof import('./reconnection.js');
  sendQueue(): typeof import('./send-queue.js');
  controls(): typeof import('./connection-controls.js');
  messagePieces(): typeof import('./message-pieces.js');
}

const load = createRequire(import.meta.url);

const additions: Additions = {
  reconnection: () => load('./reconnection.js') as ReturnType<Additions['reconnection']>,
  sendQueue: () => load('./send-queue.js') as ReturnType<Additions['sendQueue']>,
  controls: () => load('./connection-controls.js') as ReturnType<Additions['controls']>,
  messagePieces: () => load('./message-pieces.js') as ReturnType<Additions['messagePieces']>,
};

export default additions;
