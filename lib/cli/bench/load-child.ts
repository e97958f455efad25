/** A process that has a share of a load: started by `load-processes.ts`, which it reports to. */
import process from 'node:process';
import { type FromChild, makeWorker, type ToChild } from './load-share.js';
import type { LoadWorker } from './load-worker.js';

function report(message: FromChild): void {
  process.send?.(message);
}

/** Does what the process that was called says. */
function serve(): void {
  let worker: LoadWorker | undefined;
  const obey = async (message: ToChild): Promise<void> => {
    switch (message.kind) {
      case 'open':
        worker = makeWorker(message.job, message.share, (tick) => report({ kind: 'tick', tick }));
        await worker.open();
        return report({ kind: 'opened' });
      case 'run':
        await worker!.run();
        return report({ kind: 'done' });
      case 'stop':
        return worker!.stop();
    }
  };
  process.on('message', (message: ToChild) => {
    obey(message).catch((error: Error) => report({ kind: 'failed', message: error.message }));
  });
}

// Ctrl-C on a terminal goes to all processes of the group: the one that was called says when to stop.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
serve();
