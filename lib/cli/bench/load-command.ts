/** `bench` as a load generator: runs the load, or those on two servers in turn, and reports. */
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { printable, printableJson } from '../../protocol/printable.js';
import { blotUrl } from '../../protocol/secrets.js';
import { packageVersion } from '../../trace/package-version.js';
import { complain, type Streams, UsageError } from '../command.js';
import { type ConnectionValues, planConnection } from '../connection-options.js';
import { drawLine, painter, wipeLine } from '../terminal.js';
import { compareLoads, jsonOfComparison, renderComparison } from './compare.js';
import { checkOpenFiles, ephemeralPorts, loopbackSources, openFileLimit } from './load-limits.js';
import type { LoadPage } from './load-page.js';
import type { LoadJob, LoadPlan } from './load-plan.js';
import { startLoad } from './load-processes.js';
import { describeLoad, jsonOfLoad, loadLine, renderLoad } from './load-report.js';
import { type LoadOutcome, LoadRecord } from './outcome.js';

/** What is to be done. */
export interface LoadTask {
  readonly url: string;
  /** Another server to compare it with, in so many rounds. */
  readonly other: { readonly url: string; readonly rounds: number } | undefined;
  readonly values: ConnectionValues;
  readonly load: LoadPlan;
  readonly json: boolean;
  /** The file of the page. */
  readonly html: string | undefined;
}

/** Milliseconds between two drawings of the live line. */
const drawEvery = 200;

/** @returns the exit status */
export async function runLoadTask(task: LoadTask, streams: Streams): Promise<number> {
  const { url, other, values, load, json } = task;
  for (const one of [url, other?.url]) if (one !== undefined) planConnection(one, values); // wrong ones before anything runs
  checkOpenFiles(load.connections, load.processes, await openFileLimit());
  const session = new LoadSession(streams);
  if (!json) streams.stdout.write(headOf(task));
  try {
    return other === undefined ? await runOne(task, session, streams) : await runTwo(task, other, session, streams);
  } catch (error) {
    wipeLine(streams.stderr);
    if (error instanceof UsageError) throw error;
    complain(streams, 'bench', (error as Error).message);
    return session.interrupted ? session.status : 1;
  } finally {
    session.end();
  }
}

/** The address of a server, as it may be shown. */
function shownUrl(url: string): string {
  return printable(blotUrl(url));
}

function headOf({ url, other, load }: LoadTask): string {
  const target =
    other === undefined
      ? shownUrl(url)
      : `A: ${shownUrl(url)}\nB: ${shownUrl(other.url)}, ${other.rounds} rounds each, in turn`;
  return `${target}\n${describeLoad(load)}\n\n`;
}

async function runOne(task: LoadTask, session: LoadSession, streams: Streams): Promise<number> {
  const { url, values, load, json } = task;
  const outcome = await session.run(await jobOn(url, values, load), '');
  const shown = blotUrl(url);
  if (json) {
    const about = { mode: 'load', node: process.version, version: packageVersion() };
    streams.stdout.write(`${printableJson({ ...about, ...jsonOfLoad(outcome, shown) }, 2)}\n`);
  } else {
    streams.stdout.write(renderLoad(outcome, painter(streams.stdout)));
  }
  const isWritten = await writePage(task, { title: shown, loads: [{ name: shown, outcome }] }, streams);
  return session.interrupted ? session.status : isWritten && isGood(outcome) ? 0 : 1;
}

async function runTwo(
  task: LoadTask,
  other: { url: string; rounds: number },
  session: LoadSession,
  streams: Streams,
): Promise<number> {
  const { values, load, json } = task;
  const urls = [task.url, other.url] as const;
  const loads: [LoadOutcome[], LoadOutcome[]] = [[], []];
  for (let round = 0; round < other.rounds && !session.interrupted; round++) {
    const pair: (LoadOutcome | undefined)[] = [];
    // Who is first changes: what the first leaves behind does not always fall to the same one.
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
      if (session.interrupted) break;
      const label = `round ${round + 1}/${other.rounds} ${side === 0 ? 'A' : 'B'}  `;
      pair[side] = await session.run(await jobOn(urls[side]!, values, load), label);
    }
    if (session.interrupted) break; // a round that was cut short is not comparable
    for (const side of [0, 1]) loads[side]!.push(pair[side]!);
  }
  const [a, b] = loads;
  const figures = compareLoads({ a, b });
  const [shownA, shownB] = urls.map((url) => blotUrl(url)) as [string, string];
  if (json) {
    const about = {
      mode: 'comparison',
      node: process.version,
      version: packageVersion(),
      interrupted: session.interrupted,
    };
    const both = { a: a.map((one) => jsonOfLoad(one, shownA)), b: b.map((one) => jsonOfLoad(one, shownB)) };
    streams.stdout.write(
      `${printableJson({ ...about, rounds: a.length, figures: jsonOfComparison(figures), ...both }, 2)}\n`,
    );
  } else if (a.length > 0) {
    const paint = painter(streams.stdout);
    streams.stdout.write(`${renderComparison(figures, paint)}\n`);
    for (const [name, outcome] of [
      ['A', a.at(-1)!],
      ['B', b.at(-1)!],
    ] as const) {
      streams.stdout.write(`The last round of ${name}:\n${renderLoad(outcome, paint)}\n`);
    }
  }
  const last = [
    { name: `A: ${shownA}`, outcome: a.at(-1)! },
    { name: `B: ${shownB}`, outcome: b.at(-1)! },
  ];
  const title = `${shownA} and ${shownB}`;
  const isWritten = a.length === 0 || (await writePage(task, { title, loads: last, figures }, streams));
  return session.interrupted ? session.status : isWritten && [...a, ...b].every(isGood) ? 0 : 1;
}

/** The load on one server. */
async function jobOn(url: string, values: ConnectionValues, load: LoadPlan): Promise<LoadJob> {
  if (values.proxy !== undefined) return { url, values, load };
  const { host } = planConnection(url, values).dial.target;
  return { url, values, load, sources: loopbackSources(host, load.connections, await ephemeralPorts()) };
}

/** Whether something was measured, and nothing went wrong. */
function isGood({ received, sentInTime, errors, job }: LoadOutcome): boolean {
  return errors.length === 0 && (job.load.reaction === 'nothing' ? sentInTime : received) > 0;
}

async function writePage({ html }: LoadTask, page: LoadPage, streams: Streams): Promise<boolean> {
  if (html === undefined) return true;
  const { renderLoadPage } = await import('./load-page.js');
  try {
    await writeFile(html, renderLoadPage(page));
    return true;
  } catch (error) {
    complain(streams, 'bench', `cannot write --html: ${(error as Error).message}`);
    return false;
  }
}

/** The loads of a command, one after the other: interruption, and the live line. */
class LoadSession {
  readonly #stderr: Streams['stderr'];
  readonly #interrupt: (signal: NodeJS.Signals) => void;
  #stop: (() => void) | undefined;
  interrupted = false;
  /** Of the command, when it was interrupted. */
  status = 130;

  constructor({ stderr }: Streams) {
    this.#stderr = stderr;
    this.#interrupt = (signal) => {
      if (this.interrupted) process.exit(this.status); // asked twice: without waiting for the server
      this.interrupted = true;
      this.status = signal === 'SIGINT' ? 130 : 143;
      this.#stop?.();
    };
    process.on('SIGINT', this.#interrupt);
    process.on('SIGTERM', this.#interrupt);
  }

  async run(job: LoadJob, label: string): Promise<LoadOutcome> {
    const record = new LoadRecord(job);
    let [opened, errors] = [0, 0];
    const run = startLoad(job, (tick) => {
      record.add(tick);
      opened += tick.opened;
      for (const { count } of Object.values(tick.errors)) errors += count;
    });
    this.#stop = () => run.stop();
    const drawing = setInterval(
      () => drawLine(this.#stderr, label + loadLine(record.latest(), job.load, opened, errors)),
      drawEvery,
    );
    try {
      await run.done;
    } finally {
      clearInterval(drawing);
      this.#stop = undefined;
      wipeLine(this.#stderr);
    }
    return record.outcome(this.interrupted);
  }

  end(): void {
    process.off('SIGINT', this.#interrupt);
    process.off('SIGTERM', this.#interrupt);
  }
}
