/** One thing that the codec does, ready to be repeated. */
export interface Operation {
  readonly name: string;
  /** Payload bytes that one operation works on; 0 where that says nothing. */
  readonly size: number;
  /** Operations that one call of `run` does. */
  readonly each: number;
  run(): void;
}

/**
 * Nanoseconds of processor time an operation, over `milliseconds` of repetition; what else the machine does is not in
 * it.
 */
export function time(operation: Operation, milliseconds: number): number {
  const start = process.cpuUsage();
  let count = 0;
  let elapsed = 0;
  for (let batch = 1; elapsed < milliseconds; ) {
    for (let i = 0; i < batch; i++) operation.run();
    count += batch;
    const used = process.cpuUsage(start);
    elapsed = (used.user + used.system) / 1000;
    // Doubled while it is short of the time by far, so that looking at the clock costs nothing.
    if (elapsed < milliseconds / 8) batch *= 2;
  }
  return (elapsed * 1e6) / (count * operation.each);
}
