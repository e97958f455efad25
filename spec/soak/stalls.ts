/**
 * Watches how long this process keeps a timer of 10 ms from running. A machine with other work keeps it waiting as well:
 * what counts is no more than the processor time that the process itself has had meanwhile.
 */
import process from 'node:process';

export interface StallWatch {
  /** @returns the longest delay since the start, in milliseconds */
  stop(): number;
}

const period = 10;

export function watchStalls(): StallWatch {
  let due = performance.now() + period;
  let usage = process.cpuUsage();
  let worst = 0;
  const look = (): void => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(usage);
    worst = Math.max(worst, Math.min(now - due, (user + system) / 1000));
    due = now + period;
    usage = process.cpuUsage();
  };
  const timer = setInterval(look, period);
  return {
    stop: () => {
      look();
      clearInterval(timer);
      return worst;
    },
  };
}
