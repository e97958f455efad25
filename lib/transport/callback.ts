/**
 * Calls a function of the user's. What it throws surfaces as an uncaught exception on a later tick: it can neither
 * break the state of the connection nor keep the other listeners from running.
 */
export function call<Args extends unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void {
  try {
    callback(...args);
  } catch (error) {
    throwLater(error);
  }
}

export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
