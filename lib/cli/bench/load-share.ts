/** The share of a load that a process has, and what processes say to each other about it. */
import type { ConnectPlan } from '../../transport/connect-plan.js';
import { planConnection } from '../connection-options.js';
import { maxMessageSize } from './load-messages.js';
import type { LoadJob } from './load-plan.js';
import { LoadWorker, type WorkerShare } from './load-worker.js';
import type { LoadTick } from './tally.js';

/** From the process that was called to a child. */
export type ToChild =
  | { readonly kind: 'open'; readonly job: LoadJob; readonly share: WorkerShare }
  | { readonly kind: 'run' | 'stop' };

/** From a child. */
export type FromChild =
  | { readonly kind: 'tick'; readonly tick: LoadTick }
  | { readonly kind: 'opened' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

/** Milliseconds: a server that does not answer Close frames holds nothing up for long. */
const closeTimeout = 2000;

/** The worker of a process. @throws {UsageError} the options of the connection cannot be */
export function makeWorker(
  { url, values, load, sources = [] }: LoadJob,
  share: WorkerShare,
  report: (tick: LoadTick) => void,
): LoadWorker {
  const planFrom = (localAddress: string | undefined): ConnectPlan =>
    planConnection(url, values, { closeTimeout, maxMessageSize: 2 * maxMessageSize, localAddress });
  const plans = sources.length === 0 ? [planFrom(undefined)] : sources.map(planFrom);
  return new LoadWorker(load, share, (connection) => plans[connection % plans.length]!, report);
}
