import { readFileSync } from 'node:fs';
import type { Sample } from '../task.js';

/** Nanoseconds that the server's main thread has run so far; Linux only, `undefined` elsewhere. */
function serverTime(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]);
  } catch {
    return undefined;
  }
}

/** Times one measurement: the wall clock, and how busy both processes were. */
export class Meter {
  private readonly pid: number;
  private wall = 0;
  private cpu = process.cpuUsage();
  private server: number | undefined;

  constructor(serverPid: number) {
    this.pid = serverPid;
  }

  start(): void {
    this.server = serverTime(this.pid);
    this.cpu = process.cpuUsage();
    this.wall = performance.now();
  }

  /** `count` things were done since `start`: their rate per second. */
  stop(count: number, end = performance.now()): Sample {
    const elapsed = end - this.wall;
    const cpu = process.cpuUsage(this.cpu);
    const server = serverTime(this.pid);
    return {
      value: (count * 1000) / elapsed,
      cpu: (cpu.user + cpu.system) / count,
      clientBusy: (cpu.user + cpu.system) / 1000 / elapsed,
      ...(server === undefined || this.server === undefined
        ? {}
        : { serverBusy: (server - this.server) / 1e6 / elapsed }),
    };
  }
}
