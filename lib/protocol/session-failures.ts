/** Why a session fails, in sentences: each failure without the status of the response, which the session adds. */
import type { Failure } from './contracts.js';
import type { Refusal } from './http/body-preview.js';
import { Violation } from './rules.js';
import { option, type Sentence, sentence } from './sentence.js';

type WithoutStatus = Omit<Failure, 'status'>;

export const closedBeforeOpen: WithoutStatus = {
  sentence: ['close was called before the connection was open'],
};

export const handshakeTimedOut: WithoutStatus = {
  sentence: sentence`the server did not answer the opening handshake within ${option('handshakeTimeout')}`,
  limit: 'handshakeTimeout',
};

export const closeTimedOut: WithoutStatus = {
  sentence: sentence`the server did not answer our Close frame within ${option('closeTimeout')}`,
  limit: 'closeTimeout',
};

/** @param timeout milliseconds */
export function linkIsDead(timeout: number): WithoutStatus {
  const limit = 'pongTimeout';
  return { sentence: sentence`no pong within ${timeout / 1000} s (${option(limit)}): the link is dead`, limit };
}

/** @param problem what ended the connection, when that was an error */
export function lostWhileOpening(problem: Sentence | undefined, cause: unknown): WithoutStatus {
  if (problem === undefined)
    return { sentence: ['the server closed the connection without an answer to the opening handshake'] };
  return { sentence: sentence`the connection was lost during the opening handshake: ${problem}`, cause };
}

/** @param closing whether our Close frame waits for its answer */
export function connectionLost(closing: boolean, problem: Sentence | undefined, cause: unknown): WithoutStatus {
  const where = closing ? 'before the server answered our Close frame' : 'without a Close frame';
  const why: Sentence = problem === undefined ? [] : sentence`: ${problem}`;
  return { sentence: sentence`the connection was lost ${where}${why}`, cause };
}

/** The server answered something else than 101. @param got its status, as it may be shown */
export function refused(refusal: Refusal, got: string): WithoutStatus & { readonly violation: Violation } {
  const violation = new Violation('handshake-status', got, 0);
  return { sentence: [`the server answered ${got}, expected 101 Switching Protocols`], violation, refusal };
}

export function ruleBroken(violation: Violation, refusal?: Refusal): WithoutStatus {
  return { sentence: [violation.message], violation, refusal };
}
