/** What a load has brought, for people and for programs. */
import { printable } from '../../protocol/printable.js';
import type { Paint } from '../terminal.js';
import {
  countText,
  grouped,
  jsonOfLatency,
  loadQuantiles,
  mebibytes,
  milliseconds,
  quantilesText,
  quantileText,
  renderBars,
  rounded,
} from './figures.js';
import type { Histogram } from './histogram.js';
import { describeMessages } from './load-messages.js';
import type { LoadPlan } from './load-plan.js';
import type { LoadOutcome, LoadPoint } from './outcome.js';
import type { LoadTick } from './tally.js';

/** Above this share of its time a process that sends could not have sent more. */
const tooBusy = 0.9;
/** With less of a core than this share of its busy time, a process waits for the processor. */
const starved = 0.7;
/** With a rate, a client that sends later than this share of the median latency spoils it. */
const tooLate = 0.5;
/** A run that was this much shorter than it should have been has ended early. */
const tooShort = 0.95;
/** Seconds: a shorter one says nothing of how busy the client was. */
const leastForBusy = 0.2;
const columnWidth = 10;
const maxErrorKinds = 12;
const sparks = '▁▂▃▄▅▆▇█';
const sparkWidth = 60;

/** What is about to be done, in one line. */
export function describeLoad(load: LoadPlan): string {
  const { connections, processes, rate, inFlight, rampUp, warmUp, duration } = load;
  const model =
    load.reaction === 'feed'
      ? 'what the server sends on its own'
      : rate !== undefined
        ? `open model: ${countOf(rate)} messages/s, whatever the server does`
        : load.reaction === 'nothing'
          ? 'closed model: the next message when the system has taken the last'
          : `closed model: ${inFlight} in flight on each, the next one when an answer is there`;
  const ramp = rampUp > 0 ? `${rampUp} s of ramp-up, ` : '';
  return [
    `${grouped(connections)} ${plural(connections, 'connection')}${processes > 1 ? ` in ${processes} processes` : ''}`,
    model,
    ...(load.reaction === 'feed' && load.messages.kind === 'sizes' ? [] : [describeMessages(load.messages)]),
    `${ramp}${warmUp} s of warm-up, ${duration} s measured`,
  ].join('\n');
}

/** The line that is drawn meanwhile. */
export function loadLine(ticks: readonly LoadTick[], load: LoadPlan, opened: number, errors: number): string {
  const [first] = ticks;
  if (first === undefined) return '';
  const total = (value: (tick: LoadTick) => number): number => ticks.reduce((sum, tick) => sum + value(tick), 0);
  const open = `${grouped(total((tick) => tick.open))}/${grouped(load.connections)} open`;
  const wrong = errors > 0 ? `  ${grouped(errors)} errors` : '';
  if (first.phase === 'opening') return `opening  ${grouped(opened)}/${grouped(load.connections)} open${wrong}`;
  const rate = countText(total(({ received, elapsed }) => received / (elapsed || 1)));
  const busy = Math.max(...ticks.map((tick) => tick.busy / (tick.elapsed || 1)));
  return `${first.phase.padEnd(8)} ${first.at.toFixed(1)} s  ${open}  ${rate} messages/s${wrong}  client ${Math.round(busy * 100)} % busy`;
}

/** The report of a load. */
export function renderLoad(outcome: LoadOutcome, paint: Paint): string {
  const { opened, attempted, opening, open, latency, service, seconds, due, interrupted } = outcome;
  const { load } = outcome.job;
  const lines: string[] = [];
  const row = (name: string, text: string): void =>
    void lines.push(`${paint('bold', name.padEnd(columnWidth))}${text}`);
  const more = (text: string): void => void lines.push(`${' '.repeat(columnWidth)}${text}`);
  if (!interrupted && seconds < load.duration * tooShort) {
    row('ended', paint('yellow', `after ${seconds.toFixed(1)} of ${load.duration} s: no connection was left`));
  }
  if (interrupted) row('stopped', paint('yellow', `after ${seconds.toFixed(1)} of ${load.duration} s`));
  row('opened', `${grouped(opened)} of ${grouped(attempted)} connections, ${grouped(open)} open at the end`);
  if (opening.count > 0) more(latencyText(opening));
  const { verb, rate, count } = throughputOf(outcome);
  row(
    verb,
    `${paint('green', `${countText(rate)} messages/s`)}, ${volumeText(outcome)} ${paint('dim', `(${grouped(count)} in ${seconds.toFixed(2)} s)`)}`,
  );
  if (latency.count > 0) {
    const from =
      load.rate === undefined ? 'from sending to the answer' : 'from when each message was due to its answer';
    row('latency', `${from}, ${grouped(latency.count)} of ${grouped(due)} messages`);
    more(latencyText(latency));
    lines.push(...renderBars(latency, paint));
    if (load.rate !== undefined) row('… sent', `from sending: ${latencyText(service)}`);
  }
  if (outcome.received > 0 && outcome.points.some(isMeasured)) row('over time', sparkline(outcome, paint));
  const { unasked, late } = outcome;
  if (unasked > 0) row('unasked', `${grouped(unasked)} messages that were no answer`);
  if (late > 0) row('late', `${grouped(late)} answers after their time, or twice`);
  lines.push(...renderErrors(outcome, paint));
  row('client', clientText(outcome));
  for (const warning of loadWarnings(outcome)) lines.push(paint('yellow', `warning: ${warning}`));
  return lines.map((line) => `${line}\n`).join('');
}

/** What the server did with the messages, and how often in a second. */
export function throughputOf({ job, seconds, received, sentInTime }: LoadOutcome): {
  verb: string;
  rate: number;
  count: number;
} {
  const { reaction } = job.load;
  const count = reaction === 'nothing' ? sentInTime : received;
  const verb = reaction === 'nothing' ? 'sent' : reaction === 'feed' ? 'received' : 'answered';
  return { verb, rate: seconds === 0 ? 0 : count / seconds, count };
}

function volumeText({ seconds, receivedBytes, sentBytes, job }: LoadOutcome): string {
  const perSecond = (bytes: number): string => `${mebibytes(seconds === 0 ? 0 : bytes / seconds)} MiB/s`;
  if (job.load.reaction === 'feed') return `${perSecond(receivedBytes)} in`;
  if (job.load.reaction === 'nothing') return `${perSecond(sentBytes)} out`;
  return `${perSecond(sentBytes)} out, ${perSecond(receivedBytes)} in`;
}

function renderErrors({ errors }: LoadOutcome, paint: Paint): string[] {
  if (errors.length === 0) return [`${paint('bold', 'errors'.padEnd(columnWidth))}none`];
  const sum = errors.reduce((total, { count }) => total + count, 0);
  const shown = errors.slice(0, maxErrorKinds);
  const width = Math.max(...shown.map(({ kind }) => kind.length));
  const digits = Math.max(...shown.map(({ count }) => grouped(count).length));
  return [
    `${paint('bold', 'errors'.padEnd(columnWidth))}${paint('red', grouped(sum))}`,
    ...shown.map(({ kind, count, example }) => {
      return `${' '.repeat(columnWidth)}${grouped(count).padStart(digits)}  ${kind.padEnd(width)}  ${paint('dim', `first: ${printable(example)}`)}`;
    }),
    ...(errors.length > shown.length
      ? [`${' '.repeat(columnWidth)}and ${errors.length - shown.length} other kinds`]
      : []),
  ];
}

function isMeasured({ phase }: LoadPoint): boolean {
  return phase === 'measured';
}

/** Throughput in the measured time as one line of blocks. */
function sparkline({ points }: LoadOutcome, paint: Paint): string {
  const values = points.filter(isMeasured).map(({ perSecond }) => perSecond);
  const step = Math.max(1, Math.ceil(values.length / sparkWidth));
  const means = Array.from({ length: Math.ceil(values.length / step) }, (_, index) => {
    const group = values.slice(index * step, (index + 1) * step);
    return group.reduce((sum, value) => sum + value, 0) / group.length;
  });
  const highest = Math.max(...means, 1e-9);
  const line = means.map((mean) => sparks[Math.min(7, Math.floor((mean / highest) * 8))]!).join('');
  return `${paint('cyan', line)} ${countText(Math.min(...means))} to ${countText(highest)} messages/s`;
}

export function clientText({ client, delay, job }: LoadOutcome): string {
  const { cores, available, busiest } = client;
  const { processes } = job.load;
  const share = `${cores.toFixed(2)} of ${available} cores (${Math.round((cores / available) * 100)} % of this machine)`;
  const busy = `${processes > 1 ? 'its busiest process' : 'its process'} ${Math.round(busiest * 100)} % busy`;
  const late =
    delay.count === 0
      ? ''
      : `, sends ${milliseconds(delay.quantile(0.5))} late (p99 ${milliseconds(delay.quantile(0.99))})`;
  return `${share}, ${busy}${late}`;
}

/** What a reader has to know before believing the figures. */
export function loadWarnings(outcome: LoadOutcome): readonly string[] {
  const { client, delay, latency, job, unasked, received, opened, seconds } = outcome;
  const { processes, rate, reaction } = job.load;
  const { busiest, busiestCores, available } = client;
  const warnings: string[] = [];
  if (busiest >= tooBusy && seconds >= leastForBusy && busiestCores < busiest * starved) {
    const share = `${Math.round(busiestCores * 100)} % of a core`;
    warnings.push(`the client had to wait for the processor, which others use: it got ${share} and needed a whole one`);
  } else if (busiest >= tooBusy && seconds >= leastForBusy) {
    const advice =
      processes < available
        ? `use --processes ${Math.min(available, processes * 2)}`
        : 'use a faster machine, or several';
    warnings.push(`the client was the bottleneck: its process was ${Math.round(busiest * 100)} % busy; ${advice}`);
  } else if (
    rate !== undefined &&
    latency.count > 0 &&
    delay.quantile(0.5) > Math.max(5, latency.quantile(0.5) * tooLate)
  ) {
    warnings.push(
      `messages were sent ${milliseconds(delay.quantile(0.5))} late (p50): the connections, or the client, could not take more`,
    );
  }
  if (reaction === 'echo' && opened > 0 && received === 0 && unasked > 0) {
    warnings.push('the server does not send back what it gets: use --expect for its answers, or --receive');
  }
  return warnings;
}

function latencyText(histogram: Histogram): string {
  return quantilesText(histogram, loadQuantiles, quantileText);
}

/** A load for JSON: times in milliseconds but for those that are called seconds, sizes in bytes. */
export function jsonOfLoad(outcome: LoadOutcome, url: string): object {
  const { job, seconds, latency, service, delay, opening, points, client, errors } = outcome;
  const { expect, messages, ...load } = job.load;
  const { rate } = throughputOf(outcome);
  const perSecond = (value: number): number => (seconds === 0 ? 0 : rounded(value / seconds));
  return {
    url,
    startedAt: outcome.startedAt,
    interrupted: outcome.interrupted,
    model: load.reaction === 'feed' ? 'feed' : load.rate === undefined ? 'closed' : 'open',
    plan: { ...load, messages: describeMessages(messages), ...(expect === undefined ? {} : { expect: expect.source }) },
    connections: {
      attempted: outcome.attempted,
      opened: outcome.opened,
      openAtEnd: outcome.open,
      ...(opening.count === 0 ? {} : { latency: jsonOfHistogram(opening) }),
    },
    seconds: rounded(seconds),
    due: outcome.due,
    sent: outcome.sentInTime,
    received: outcome.received,
    perSecond: rounded(rate),
    sentBytesPerSecond: perSecond(outcome.sentBytes),
    receivedBytesPerSecond: perSecond(outcome.receivedBytes),
    ...(latency.count === 0 ? {} : { latency: jsonOfHistogram(latency) }),
    ...(service.count === 0 || load.rate === undefined ? {} : { latencyFromSending: jsonOfHistogram(service) }),
    ...(delay.count === 0 ? {} : { sendDelay: jsonOfHistogram(delay) }),
    unasked: outcome.unasked,
    late: outcome.late,
    errors: errors.map(({ kind, count, example }) => ({ kind, count, example })),
    client: Object.fromEntries(Object.entries(client).map(([name, value]) => [name, rounded(value)])),
    warnings: loadWarnings(outcome),
    overTime: points.map(({ at, phase, perSecond: speed, open, errors: wrong, p50, p99, max }) => ({
      at: rounded(at),
      phase,
      perSecond: rounded(speed),
      open,
      errors: wrong,
      ...(p50 === undefined ? {} : { p50: rounded(p50), p99: rounded(p99!), max: rounded(max!) }),
    })),
  };
}

function jsonOfHistogram(histogram: Histogram): object {
  return { count: histogram.count, ...jsonOfLatency(histogram, loadQuantiles) };
}

function countOf(value: number): string {
  return Number.isInteger(value) ? grouped(value) : String(value);
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
