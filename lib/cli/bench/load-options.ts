/** The options of `bench` that make it a load generator: any of them does. */
import { readFile } from 'node:fs/promises';
import {
  flagOption,
  numberOption,
  type OptionValues,
  parsedOption,
  quoteArgument,
  textOption,
  UsageError,
} from '../command.js';
import { readSizes, splitMessages } from './load-messages.js';
import type { LoadPlan, MessagePlan, Reaction, SizeShare } from './load-plan.js';
import { leastRounds } from './rank-test.js';

const group = 'Load';
const optional = undefined;
const maxSeconds = 1_000_000;

export const loadOptions = {
  connections: numberOption(
    'N',
    'connections at once (default: 1)',
    { least: 1, most: 1_000_000, integer: true, otherwise: optional },
    { group, elsewhere: ['-c', '--clients'] },
  ),
  rate: numberOption(
    'N',
    'messages a second over all connections, whatever the server does; without it the next message waits for an answer',
    { least: 0.001, most: 10_000_000, otherwise: optional },
    { group, elsewhere: ['-r', '-R'] },
  ),
  duration: numberOption(
    'SECONDS',
    'that are measured; for each of two servers (default: 10)',
    { least: 0.05, most: maxSeconds, otherwise: optional },
    { group, elsewhere: ['-d', '-t', '--time'] },
  ),
  'warm-up': numberOption(
    'SECONDS',
    'of load before that (default: 1)',
    { least: 0, most: maxSeconds, otherwise: optional },
    { group, elsewhere: ['--warmup'] },
  ),
  'ramp-up': numberOption(
    'SECONDS',
    'in which the connections are opened, and send at once; 0: as fast as possible, and no message before all are open (default: 0)',
    { least: 0, most: maxSeconds, otherwise: optional },
    { group, elsewhere: ['--rampup'] },
  ),
  processes: numberOption(
    'N',
    'processes that share the work (default: 1)',
    { least: 1, most: 256, integer: true, otherwise: optional },
    { group, elsewhere: ['--workers', '--threads'] },
  ),
  messages: textOption('FILE', 'send its lines, in turn; when all are JSON strings, their values', { group }),
  null: flagOption('the messages of --messages end with NUL, not with lines', { short: '0', group }),
  expect: parsedOption(
    textOption('REGEX', 'every message is answered by one, in order, that matches this; others are errors', { group }),
    readPattern,
  ),
  receive: flagOption('count what the server sends on its own; --messages are sent once, when a connection is open', {
    group,
  }),
  'one-way': flagOption('wait for no answers: count what was sent', { group }),
  greetings: numberOption(
    'N',
    'messages that the server sends first on each connection (default: 0)',
    { least: 0, most: 1_000_000, integer: true, otherwise: optional },
    { group },
  ),
  'answer-timeout': numberOption(
    'SECONDS',
    'until a message counts as unanswered (default: 10)',
    { least: 0.01, most: 100_000, otherwise: optional },
    { group },
  ),
  reopen: flagOption('open a connection again that ended, or failed, after a second', { group }),
  compare: textOption('URL', 'another server, in rounds in turn: is it faster, slower, or no different?', { group }),
  rounds: numberOption(
    'N',
    'of --compare (default: 10)',
    { least: leastRounds, most: 1000, integer: true, otherwise: optional },
    { group },
  ),
  html: textOption('FILE', 'also write a self-contained page with plots', { group }),
};

/** `undefined` when it is not given. */
export const sizeOption = parsedOption(
  textOption('BYTES', 'of a message; with a load also a mix, e.g. 16,1024:3,64k (default: 125)'),
  readSizes,
);

export const defaultSize = 125;
const defaultRounds = 10;
const openModelInFlight = 65536;

/** What is given beside the rows of a load. */
export interface SharedOptions {
  readonly size: readonly SizeShare[] | undefined;
  readonly binary: boolean;
  readonly inFlight: number | undefined;
}

type LoadValues = OptionValues<typeof loadOptions>;

/** Whether a load is asked for, and not the jobs. */
export function asksForLoad(values: LoadValues, size: readonly SizeShare[] | undefined): boolean {
  const given = Object.keys(loadOptions).some((name) => {
    const value = values[name as keyof LoadValues];
    return value !== undefined && value !== false;
  });
  return given || (size !== undefined && size.length > 1);
}

/** @throws {UsageError} options that do not go together, or a file that cannot be read */
export async function readLoad(values: LoadValues, shared: SharedOptions): Promise<LoadPlan> {
  const { connections = 1, processes = 1, rate, duration = 10, greetings = 0, expect } = values;
  const { receive, compare, rounds = defaultRounds } = values;
  refuse(values, shared);
  if (processes > connections) {
    throw new UsageError(`--processes ${processes} needs as many connections, got --connections ${connections}`);
  }
  return {
    connections,
    processes,
    rate,
    inFlight: shared.inFlight ?? (rate === undefined ? 1 : openModelInFlight),
    rampUp: values['ramp-up'] ?? 0,
    warmUp: values['warm-up'] ?? (compare === undefined ? 1 : Math.min(1, duration / rounds)),
    duration: compare === undefined ? duration : duration / rounds,
    messages: await readMessages(values, shared),
    reaction: receive ? 'feed' : reactionTo(values),
    expect,
    greetings,
    answerTimeout: values['answer-timeout'] ?? 10,
    reopen: values.reopen,
  };
}

export function roundsOf({ rounds = defaultRounds }: LoadValues): number {
  return rounds;
}

function reactionTo({ expect, messages, 'one-way': oneWay }: LoadValues): Reaction {
  if (oneWay) return 'nothing';
  return expect === undefined && messages === undefined ? 'echo' : 'answer';
}

function refuse(values: LoadValues, { size, inFlight }: SharedOptions): void {
  const { receive, 'one-way': oneWay, expect, rate, messages, compare, rounds } = values;
  const together: readonly [boolean, string, boolean, string][] = [
    [receive, '--receive', oneWay, '--one-way'],
    [receive, '--receive', rate !== undefined, '--rate'],
    [receive, '--receive', inFlight !== undefined, '--in-flight'],
    [oneWay, '--one-way', expect !== undefined, '--expect'],
    [oneWay, '--one-way', inFlight !== undefined, '--in-flight'],
    [messages !== undefined, '--messages', size !== undefined, '--size'],
    [receive, '--receive', size !== undefined, '--size'],
  ];
  for (const [a, nameOfA, b, nameOfB] of together) {
    if (a && b) throw new UsageError(`${nameOfA} and ${nameOfB} do not go together`);
  }
  if (values.null && messages === undefined) throw new UsageError('--null needs --messages');
  if (rounds !== undefined && compare === undefined) throw new UsageError('--rounds needs --compare');
}

async function readMessages({ messages: file, null: byNul }: LoadValues, shared: SharedOptions): Promise<MessagePlan> {
  const { binary, size = [{ size: defaultSize, weight: 1 }] } = shared;
  if (file === undefined) return { kind: 'sizes', sizes: size, binary };
  try {
    return { kind: 'texts', texts: splitMessages(await readFile(file), byNul, '--messages'), binary };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read --messages ${quoteArgument(file)}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function readPattern(text: string, option: string): RegExp {
  try {
    return new RegExp(text, 'su');
  } catch (error) {
    throw new UsageError(`${option} must be a regular expression: ${(error as Error).message}`);
  }
}
