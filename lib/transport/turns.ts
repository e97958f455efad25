/**
 * Turns of the event loop, shared by all connections: a connection that has more input than fits into a turn goes on in a
 * later one, so that timers and other sockets get theirs. Those that wait go on in the order in which they came.
 */

import { nextTurn } from './next-turn.js';

/** Who goes on in a later turn. */
export interface TurnClient {
  goOn(): void;
}

/** Milliseconds that input may take of one turn. */
const turnTime = 8;

const waiting: TurnClient[] = [];
let isScheduled = false;

/** Whether a connection that began at `start` (`performance.now()`) has to leave the rest to a later turn. */
export function isTurnOver(start: number): boolean {
  return waiting.length > 0 || performance.now() - start >= turnTime;
}

/** Has a client go on in a later turn. */
export function waitForTurn(client: TurnClient): void {
  waiting.push(client);
  schedule();
}

function schedule(): void {
  if (isScheduled || waiting.length === 0) return;
  isScheduled = true;
  nextTurn(runWaiting);
}

function runWaiting(): void {
  isScheduled = false;
  const start = performance.now();
  const clients = waiting.splice(0);
  let at = 0;
  while (at < clients.length && performance.now() - start < turnTime) clients[at++]!.goOn();
  // Those that have not had their turn come before those that wait for another one.
  waiting.unshift(...clients.slice(at));
  schedule();
}
