/** What has to be done when a spec ends, also when it is interrupted: programs ended, temporary folders removed. */
import { constants } from 'node:os';

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const steps = new Set<() => void>();

/**
 * Has `step` called when the process exits, or is asked to by a signal; it has to be synchronous.
 *
 * @returns takes it back
 */
export function atExit(step: () => void): () => void {
  if (steps.size === 0) {
    process.on('exit', runSteps);
    // A signal ends the process without 'exit', unless somebody listens to it.
    for (const signal of signals) process.on(signal, exit);
  }
  steps.add(step);
  return () => {
    steps.delete(step);
    if (steps.size > 0) return;
    process.off('exit', runSteps);
    for (const signal of signals) process.off(signal, exit);
  };
}

function runSteps(): void {
  for (const step of steps) step();
}

function exit(signal: NodeJS.Signals): void {
  // The status with which a shell reports that a signal ended a process.
  process.exit(128 + constants.signals[signal]);
}
