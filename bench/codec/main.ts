/**
 * The codec on its own, in a process of its own: every operation is timed in each of the rounds given as the first
 * argument, for as many
 * milliseconds as the second says. Prints the results as one line of JSON.
 */

import { summarize } from '../../lib/cli/bench/statistics.js';
import type { CodecResult } from '../results.js';
import { deframerOperations } from './deframer.js';
import { framerOperations } from './framer.js';
import { handshakeOperations } from './handshake.js';
import { maskOperations } from './mask.js';
import { time } from './operation.js';
import { utf8Operations } from './utf8.js';

const rounds = Number(process.argv[2] ?? 5);
const milliseconds = Number(process.argv[3] ?? 30);
const operations = [
  ...maskOperations(),
  ...framerOperations(),
  ...deframerOperations(),
  ...utf8Operations(),
  ...handshakeOperations(),
];
const times = new Map(operations.map((operation) => [operation, [] as number[]]));
// The first round warms up. Rounds outside, so that every operation is timed after code that other operations have
// run through, too.
for (let round = 0; round <= rounds; round++) {
  for (const [operation, list] of times) {
    const nanoseconds = time(operation, milliseconds);
    if (round > 0) list.push(nanoseconds);
  }
}
const results: CodecResult[] = operations.map((operation) => ({
  name: operation.name,
  size: operation.size,
  time: summarize(times.get(operation)!),
}));
process.stdout.write(`${JSON.stringify(results)}\n`);
