/**
 * The states of a session, and every transition between them, in one table: `Session` makes no other, and the diagram of
 * the documentation is printed from it.
 */

/**
 * - `connecting`: the request is out, and the response head is awaited.
 * - `refused`: the response was not 101, and the start of its body is being collected.
 * - `open`: messages pass in both directions.
 * - `closing`: our Close frame is out; messages are still delivered until the peer's Close frame comes.
 * - `ending`: both Close frames were exchanged, or we failed the connection. Input is discarded; what is left is to see
 *   the TCP connection end.
 * - `over`: nothing more comes out of the session.
 */
export type State = 'connecting' | 'refused' | 'open' | 'closing' | 'ending' | 'over';

/** What makes a session change its state. */
export type Transition =
  | 'accepted'
  | 'refused'
  | 'handshake failed'
  | 'Close sent'
  | 'Close received'
  | 'rule broken'
  | 'link lost'
  | 'connection ended';

/** State -> transition -> the state after it. What is not in the table cannot happen. */
export const transitions: Readonly<Record<State, Readonly<Partial<Record<Transition, State>>>>> = {
  connecting: { 'accepted': 'open', 'refused': 'refused', 'handshake failed': 'over' },
  refused: { 'handshake failed': 'over' },
  open: { 'Close sent': 'closing', 'Close received': 'ending', 'rule broken': 'ending', 'link lost': 'ending' },
  closing: { 'Close received': 'ending', 'rule broken': 'ending', 'link lost': 'ending' },
  ending: { 'connection ended': 'over' },
  over: {},
};

/** @throws {Error} when the table has no such transition: a mistake in the session, not of a peer */
export function stateAfter(state: State, transition: Transition): State {
  const next = transitions[state][transition];
  if (next === undefined) throw new Error(`a session that is ${state} cannot take the transition "${transition}"`);
  return next;
}

/** The table as lines of text, one transition each: `open --Close sent--> closing`. */
export function printTransitions(): string {
  const lines = Object.entries(transitions).flatMap(([from, row]) =>
    Object.entries(row).map(([transition, to]) => `${from} --${transition}--> ${to}`),
  );
  return lines.join('\n');
}
