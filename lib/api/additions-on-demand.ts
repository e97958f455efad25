/**
 * What goes beyond the documented API, each loaded by its first use: see `core-on-demand.ts`. Bundlers take
 * `additions-bundled.ts` in its place (`imports` in package.json).
 */
import { createRequire } from 'node:module';

/** Each addition, behind a function that loads it. */
export interface Additions {
  reconnection(): typeof import('./reconnection.js');
  sendQueue(): typeof import('./send-queue.js');
}

const load = createRequire(import.meta.url);

const additions: Additions = {
  reconnection: () => load('./reconnection.js') as ReturnType<Additions['reconnection']>,
  sendQueue: () => load('./send-queue.js') as ReturnType<Additions['sendQueue']>,
};

export default additions;
