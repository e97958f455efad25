/** All questions, in the order of the RFC. */
import type { Probe } from '../probe-run.js';
import { closeProbes } from './close.js';
import { deflateMessageProbes } from './deflate-message.js';
import { deflateOfferProbes } from './deflate-offer.js';
import { deflateOwnProbes } from './deflate-own.js';
import { deflateRefusedProbes } from './deflate-refused.js';
import { frameProbes } from './frame.js';
import { acceptedHandshakeProbes } from './handshake-accepted.js';
import { refusedHandshakeProbes } from './handshake-refused.js';
import { handshakeResponseProbes } from './handshake-response.js';
import { limitProbes } from './limit.js';
import { messageProbes } from './message.js';
import { pingProbes } from './ping.js';
import { utf8Probes } from './utf8.js';

export const probes: readonly Probe[] = [
  ...handshakeResponseProbes,
  ...acceptedHandshakeProbes,
  ...refusedHandshakeProbes,
  ...frameProbes,
  ...messageProbes,
  ...utf8Probes,
  ...pingProbes,
  ...closeProbes,
  ...limitProbes,
  ...deflateOfferProbes,
  ...deflateMessageProbes,
  ...deflateOwnProbes,
  ...deflateRefusedProbes,
];

/**
 * The probes whose id, or the start of it up to a hyphen, is among `only` (all when it is empty), and not among `skip`;
 * `*` stands for anything.
 *
 * @throws {RangeError} when a pattern matches none: a misspelt one must not pass for a clean audit
 */
export function selectProbes(
  only: readonly string[],
  skip: readonly string[],
  table: readonly Probe[] = probes,
): readonly Probe[] {
  for (const pattern of [...only, ...skip]) {
    if (!table.some(({ id }) => matches(id, pattern)))
      throw new RangeError(`no probe is called ${JSON.stringify(pattern)}; --list prints them`);
  }
  return table.filter(
    ({ id }) =>
      (only.length === 0 || only.some((pattern) => matches(id, pattern))) &&
      !skip.some((pattern) => matches(id, pattern)),
  );
}

function matches(id: string, pattern: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}(?:-|$)`).test(id);
}
