/** The processes that share a load: this one alone, or children that report to it. */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadJob } from './load-plan.js';
import { type FromChild, makeWorker, type ToChild } from './load-share.js';
import type { LoadTick } from './tally.js';

/** A load that is running. */
export interface LoadRun {
  /** Resolves when everything is closed. Rejects when a process could not be started, or ended early. */
  readonly done: Promise<void>;
  /** Ends it early. */
  stop(): void;
}

/** Starts a load; `onTick` gets what every process has done, piece by piece. */
export function startLoad(job: LoadJob, onTick: (tick: LoadTick) => void): LoadRun {
  return job.load.processes === 1 ? startHere(job, onTick) : startChildren(job, onTick);
}

function startHere(job: LoadJob, onTick: (tick: LoadTick) => void): LoadRun {
  const worker = makeWorker(job, { process: 0, processes: 1 }, onTick);
  return { done: worker.open().then(() => worker.run()), stop: () => worker.stop() };
}

function startChildren(job: LoadJob, onTick: (tick: LoadTick) => void): LoadRun {
  const children: ChildProcess[] = [];
  const tell = (message: ToChild): void => {
    for (const child of children) if (child.connected) child.send(message, () => {}); // one that ended is noticed by its end
  };
  const run = async (): Promise<void> => {
    const told = (await forkAll(job.load.processes)).map((child, process, all) => {
      children.push(child);
      const reports = follow(child, onTick);
      child.send({ kind: 'open', job, share: { process, processes: all.length } } satisfies ToChild);
      return reports;
    });
    try {
      await Promise.all(told.map(({ opened }) => opened));
      tell({ kind: 'run' }); // one that was stopped meanwhile closes its connections
      await Promise.all(told.map(({ done }) => done));
    } finally {
      for (const child of children) if (child.connected) child.disconnect();
    }
  };
  return {
    done: run(),
    stop: () => tell({ kind: 'stop' }),
  };
}

/** @throws {Error} processes may not be started */
async function forkAll(count: number): Promise<ChildProcess[]> {
  const path = fileURLToPath(new URL('./load-child.js', import.meta.url));
  try {
    const { fork } = await import('node:child_process');
    return Array.from({ length: count }, () =>
      fork(path, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
  } catch (error) {
    throw new Error(`cannot start the processes of --processes ${count}: ${(error as Error).message}; one needs none`);
  }
}

/** What a child reports. Both promises reject when it ends before it is done. */
function follow(child: ChildProcess, onTick: (tick: LoadTick) => void) {
  let open!: () => void;
  let end!: () => void;
  let fail!: (error: Error) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const opened = Promise.race([new Promise<void>((resolve) => (open = resolve)), failed]);
  const done = Promise.race([new Promise<void>((resolve) => (end = resolve)), failed]);
  done.catch(() => {}); // `opened` is waited for first
  child.on('message', (message: FromChild) => {
    if (message.kind === 'tick') onTick(message.tick);
    else if (message.kind === 'opened') open();
    else if (message.kind === 'done') end();
    else fail(new Error(message.message));
  });
  child.on('error', (error) => fail(new Error(`a process of the load could not be started: ${error.message}`)));
  child.on('exit', (code, signal) => fail(new Error(`a process of the load ended with ${signal ?? code}`)));
  return { opened, done };
}
