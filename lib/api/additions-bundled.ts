/** The additions for bundlers, which cannot follow `additions-on-demand.ts`; see there. */
import type { Additions } from './additions-on-demand.js';
import * as controls from './connection-controls.js';
import * as messagePieces from './message-pieces.js';
import * as reconnection from './reconnection.js';
import * as sendQueue from './send-queue.js';

const additions: Additions = {
  reconnection: () => reconnection,
  sendQueue: () => sendQueue,
  controls: () => controls,
  messagePieces: () => messagePieces,
};

export default additions;
