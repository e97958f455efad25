/** `--compare REV`: the working tree and another revision in one interleaved run. */
import { leastRounds } from '../../lib/cli/bench/rank-test.js';
import { lowerIsBetter } from '../format.js';
import type { Cell } from '../plan.js';
import { measure, type Programs } from '../processes.js';
import { Progress } from '../progress.js';
import type { Servers } from '../servers.js';
import type { Sample } from '../task.js';
import { comparison } from './table.js';
import { verdict } from './verdict.js';

export interface CompareTimes {
  readonly warmMs: number;
  readonly measureMs: number;
  /** No round begins that would end after this time, but for the least rounds. */
  readonly budgetMs: number;
  readonly mostRounds: number;
}

/** A row with both sides measured. */
export interface Compared {
  readonly cell: Cell;
  readonly tree: Sample[];
  readonly base: Sample[];
}

/** Measures every cell on both sides, round by round; who is first changes with each round. */
async function measureSides(
  cells: readonly Cell[],
  library: string,
  servers: Servers,
  programs: Programs,
  times: CompareTimes,
): Promise<Compared[]> {
  const compared = cells.map((cell): Compared => ({ cell, tree: [], base: [] }));
  const started = performance.now();
  const progress = new Progress(cells.length * leastRounds);
  for (let round = 0; round < times.mostRounds; round++) {
    const spent = performance.now() - started;
    if (round >= leastRounds && spent + spent / round > times.budgetMs) break;
    for (const [place, { cell, tree, base }] of compared.entries()) {
      progress.step(`round ${round + 1}  ${cell.row} ${cell.column}`);
      const { job, kind, size, secure, each, connections } = cell;
      const { warmMs, measureMs } = times;
      const server = servers.addresses[cell.answers]!;
      const task = { job, kind, size, secure, each, connections, warmMs, measureMs, server } as const;
      const sides = [
        async () => measure({ ...task, client: 'ohos-websocket' }, programs),
        async () => measure({ ...task, client: 'ohos-websocket', library }, programs),
      ] as const;
      try {
        const treeFirst = (round + place) % 2 === 0;
        const first = await sides[treeFirst ? 0 : 1]();
        const second = await sides[treeFirst ? 1 : 0]();
        tree.push(treeFirst ? first : second);
        base.push(treeFirst ? second : first);
      } catch (error) {
        progress.end();
        process.stderr.write(`${cell.row} ${cell.column}: ${(error as Error).message}\n`);
      }
    }
  }
  progress.end();
  return compared;
}

/** Measures and returns the table for the terminal. */
export async function compare(
  cells: readonly Cell[],
  base: { readonly title: string; readonly library: string },
  servers: Servers,
  programs: Programs,
  times: CompareTimes,
): Promise<string> {
  const compared = await measureSides(cells, base.library, servers, programs, times);
  return comparison(
    base.title,
    compared.map(({ cell, ...sides }) => ({ cell, rounds: sides.tree.length, ...verdict(sides, lowerIsBetter(cell)) })),
  );
}
