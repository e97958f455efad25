import type { Summary } from '../lib/cli/bench/statistics.js';
import { ratio, summarize } from '../lib/cli/bench/statistics.js';
import type { ClientName } from './clients/names.js';
import type { Cell } from './plan.js';
import type { Sample } from './task.js';

/** Samples of one client in one cell, one place per round; `null` where it was not measured. */
export type Rounds = (Sample | null)[];

/** A cell with everything measured in it. */
export interface CellResult {
  readonly cell: Cell;
  readonly samples: { [client in ClientName]?: Rounds };
}

/** Those in which anything was measured: the time may have been over before the others had their turn. */
export function measuredCells(cells: readonly CellResult[]): CellResult[] {
  return cells.filter(({ samples }) =>
    Object.values(samples).some((rounds) => rounds.some((sample) => sample !== null)),
  );
}

/** One figure of the codec's own benchmarks. */
export interface CodecResult {
  readonly name: string;
  readonly size: number;
  /** Nanoseconds an operation. */
  readonly time: Summary;
}

/** A whole run, as `latest.json` holds it. */
export interface Results {
  readonly date: string;
  readonly seconds: number;
  readonly quick: boolean;
  readonly command: string;
  readonly machine: { readonly [name: string]: string };
  readonly versions: { [client in ClientName]?: string };
  /** Clients that were left out, and why. */
  readonly missing: { [client in ClientName]?: string };
  /** What else was left out, a line each. */
  readonly skipped: readonly string[];
  /** Of the Node that ran the benchmarks. */
  readonly cells: CellResult[];
  /** Fewer rows on other Nodes, in the same run. */
  readonly others: readonly { readonly node: string; readonly cells: CellResult[] }[];
  readonly codec: CodecResult[];
}

/** What a table or a plot shows of one client in one cell. */
export interface Figure {
  readonly value: Summary;
  readonly toWs: Summary;
  readonly toRaw: Summary;
  /** Processor time of the client for each thing counted, as a ratio to ws; of no rounds where it is not known. */
  readonly cpuToWs: Summary;
  readonly serverBusy: number;
  readonly more: { readonly [name: string]: Summary };
}

function values(rounds: Rounds | undefined): (number | undefined)[] {
  return (rounds ?? []).map((sample) => sample?.value);
}

const cpuTimes = (rounds: Rounds | undefined): (number | undefined)[] => (rounds ?? []).map((sample) => sample?.cpu);

const known = (list: readonly (number | undefined)[]): number[] => list.filter((value) => value !== undefined);

/** Medians and ratios of one client in one cell; `undefined` when it was not measured there. */
export function figure(result: CellResult, client: ClientName): Figure | undefined {
  const rounds = result.samples[client];
  const measured = (rounds ?? []).filter((sample) => sample !== null);
  if (measured.length === 0) return undefined;
  const names = Object.keys(measured[0]!.more ?? {});
  return {
    value: summarize(known(values(rounds))),
    toWs: ratio(values(rounds), values(result.samples.ws)),
    toRaw: ratio(values(rounds), values(result.samples.raw)),
    cpuToWs: ratio(cpuTimes(rounds), cpuTimes(result.samples.ws)),
    serverBusy: summarize(known(measured.map((sample) => sample.serverBusy))).median,
    more: Object.fromEntries(
      names.map((name) => [name, summarize(known(measured.map((sample) => sample.more?.[name])))]),
    ),
  };
}
