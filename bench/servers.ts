import { buildEchoServer } from './peers.js';
import type { Cell } from './plan.js';
import { type RunningServer, startEchoServer, startServer } from './processes.js';
import type { ServerAddress } from './task.js';

/** The servers of a run. */
export interface Servers {
  /** Of the server that answers so; none of `each` without a C compiler. */
  readonly addresses: { readonly [answers in Cell['answers']]?: ServerAddress };
  stop(): Promise<void>;
}

/** Starts the neutral server, and the one that answers each message at once. */
export async function startServers(tls: { certificate: string; key: string } | undefined): Promise<Servers> {
  const running: RunningServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
  };
  try {
    running.push(await startServer(tls));
    const program = buildEchoServer();
    if (program !== undefined) running.push(await startEchoServer(program));
  } catch (error) {
    await stop();
    throw error;
  }
  const [batch, each] = running.map((server) => server.address);
  return { addresses: { ...(batch && { batch }), ...(each && { each }) }, stop };
}

/** The cells that can be measured here, and a line for each kind of them that cannot. */
export function measurable(
  cells: readonly Cell[],
  { addresses }: Servers,
  tls: boolean,
): { cells: Cell[]; skipped: string[] } {
  const skipped = new Set<string>();
  const kept = cells.filter((cell) => {
    const why =
      addresses[cell.answers] === undefined
        ? 'rows of a server that answers each message at once were left out: it needs cc'
        : cell.secure && !tls
          ? 'rows over TLS were left out: they need openssl'
          : undefined;
    if (why !== undefined) skipped.add(why);
    return why === undefined;
  });
  return { cells: kept, skipped: [...skipped] };
}
