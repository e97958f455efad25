/** What a process holds, once garbage is gone. */
import process from 'node:process';

export interface Sample {
  /** MiB. */
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  readonly handles: number;
}

const mebibyte = 2 ** 20;

export function sample(): Sample {
  if (globalThis.gc === undefined) throw new Error('the soak has to run with node --expose-gc');
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((name) => !/^(Timeout|Immediate)$/.test(name)).length;
  return { heap: heapUsed / mebibyte, external: external / mebibyte, rss: rss / mebibyte, handles };
}

/** A sample once the handles are down to `handles`, or have had the time to go: destroying takes a few turns. */
export async function settled(handles: number): Promise<Sample> {
  for (let turn = 0; turn < 100 && sample().handles > handles; turn++) {
    await new Promise((done) => setTimeout(done, 10));
  }
  return sample();
}

export function describe({ heap, external, rss, handles }: Sample): string {
  const memory = `heap ${heap.toFixed(1)} MiB, external ${external.toFixed(1)} MiB, rss ${rss.toFixed(0)} MiB`;
  return `${memory}, ${handles} handles`;
}

/** Something that has to hold; a soak goes on, and reports in the end. */
export type Check = (title: string, holds: boolean, detail: string) => void;
