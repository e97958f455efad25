/** Time and chance for those who try again: real ones here, others in specs. */

export interface RetryClock {
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  /** From 0 to 1, without 1. */
  random(): number;
  /** Has `wake` called after so many milliseconds. @returns how to call it off */
  wait(time: number, wake: () => void): () => void;
}

/** The longest time that a Node timer takes. */
const maxTimer = 2 ** 31 - 1;

export const realClock: RetryClock = {
  now: () => performance.now(),
  date: () => Date.now(),
  random: () => Math.random(),
  wait: (time, wake) => {
    const timer = setTimeout(wake, Math.min(time, maxTimer));
    return () => clearTimeout(timer);
  },
};
