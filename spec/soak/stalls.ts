/** Watches how long the event loop keeps a timer of 10 ms from running. */

export interface StallWatch {
  /** @returns the longest delay since the start, in milliseconds */
  stop(): number;
}

const period = 10;

export function watchStalls(): StallWatch {
  let due = performance.now() + period;
  let worst = 0;
  const look = (): void => {
    const now = performance.now();
    worst = Math.max(worst, now - due);
    due = now + period;
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

/** What the machine itself keeps a timer waiting, while this process does nothing for so many milliseconds. */
export async function stallsOfMachine(milliseconds: number): Promise<number> {
  const watch = watchStalls();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return watch.stop();
}
