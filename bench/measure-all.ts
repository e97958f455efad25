import type { ClientName } from './clients/names.js';
import type { Options } from './options.js';
import type { Cell } from './plan.js';
import { measure, type Programs } from './processes.js';
import { Progress } from './progress.js';
import type { CellResult } from './results.js';
import type { Servers } from './servers.js';

/** The cells of one Node, whose program `undefined` means the one that runs this. */
export interface NodeCells {
  readonly node: string | undefined;
  readonly cells: readonly CellResult[];
}

interface Step {
  readonly result: CellResult;
  readonly client: ClientName;
  readonly round: number;
  readonly node: string | undefined;
}

/** Prototype and floor are measured in two rounds; those that are not compared head to head in every third, or once. */
function takesPart(cell: Cell, client: ClientName, round: number, options: Options): boolean {
  if (round >= cell.rounds) return false;
  if (client === 'ohos-websocket' || client === 'ws' || options.clients.length <= 3) return true;
  if (options.quick) return round === 0;
  return client === 'raw' || client === 'prototype' ? round < 2 : round % 3 === 0;
}

/** Every sample of a run in the order of its measuring: round by round, the Nodes of a row right after each other. */
export function stepsOf(all: readonly NodeCells[], available: readonly ClientName[], options: Options): Step[] {
  const steps: Step[] = [];
  const rows = (all[0]?.cells ?? []).map((result) =>
    all.flatMap(({ node, cells }) => {
      const same = cells.find(({ cell }) => cell.row === result.cell.row && cell.column === result.cell.column);
      return same === undefined ? [] : [{ node, result: same }];
    }),
  );
  for (let round = 0; round < options.rounds; round++) {
    for (const { node, result } of rows.flat()) {
      const clients = available.filter(
        (name) => result.cell.clients.includes(name) && takesPart(result.cell, name, round, options),
      );
      // Rotated, so that no client is always the first or always after the same neighbour.
      clients.forEach((_, i) => {
        steps.push({ result, client: clients[(i + round) % clients.length]!, round, node });
      });
    }
  }
  return steps;
}

/**
 * Measures the steps until the time is over.
 *
 * @returns how many were measured or failed
 */
export async function measureAll(
  steps: readonly Step[],
  servers: Servers,
  programs: Programs,
  options: Options,
  deadline: number,
): Promise<number> {
  const progress = new Progress(steps.length);
  // Node compiles what runs often meanwhile, on the client's only core: after that time most of it is done.
  const times = options.quick ? { warmMs: 80, measureMs: 60 } : { warmMs: 800, measureMs: 250 };
  let done = 0;
  for (const { result, client, round, node } of steps) {
    if (performance.now() >= deadline) break;
    const { cell } = result;
    progress.step(`round ${round + 1}/${options.rounds}  ${cell.row} ${cell.column}  ${client}`);
    const { job, kind, size, secure, each, connections } = cell;
    const rounds = (result.samples[client] ??= Array.from({ length: options.rounds }, () => null));
    const server = servers.addresses[cell.answers]!;
    try {
      rounds[round] = await measure(
        { job, client, kind, size, secure, each, connections, ...times, server },
        node === undefined ? programs : { ...programs, node },
      );
    } catch (error) {
      progress.end();
      process.stderr.write(`${client}, ${cell.row} ${cell.column}: ${(error as Error).message}\n`);
    }
    done++;
  }
  progress.end();
  return done;
}
