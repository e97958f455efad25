/** The options of `relay` that ask for faults -> the rules of a relay. */
import type { CutAfter, RelayRules, WayRules } from '../../relay/relay.js';
import {
  choiceOption,
  flagOption,
  numberOption,
  type OptionValues,
  parsedOption,
  quoteArgument,
  textOption,
  textOptions,
  UsageError,
} from '../command.js';
import type { OptionRows } from '../command-text.js';

const group = 'Faults on purpose';
const directions = ['to-server', 'to-client', 'both'] as const;
const largest = Number.MAX_SAFE_INTEGER;

export const faultOptions = {
  delay: parsedOption(textOption('TIME', 'everything is that late: 100 or 100ms, 1.5s', { group }), readTime),
  jitter: parsedOption(
    textOption('TIME', 'and up to that much later, at random; the order stays', { group }),
    readTime,
  ),
  rate: parsedOption(
    textOption('BYTES', 'at most so many bytes a second: 5000, 64k, 1m', { group, elsewhere: ['--bandwidth'] }),
    readRate,
  ),
  split: numberOption(
    'N',
    'writes of at most N bytes',
    { least: 1, most: largest, integer: true, otherwise: undefined },
    { group },
  ),
  'drop-pongs': flagOption('leave out pong frames', { group }),
  'corrupt': flagOption("change one byte of every frame's payload, at random", { group }),
  'cut-after': {
    ...textOptions('N', 'cut the connection after 100b (bytes), 10f (frames) or 5s (seconds); repeatable', { group }),
    read: readCuts,
  },
  'reset': flagOption('cut with a TCP reset; without --cut-after as soon as it is open', { group }),
  'close': numberOption(
    'CODE',
    'cut with a Close frame to both; without --cut-after as soon as it is open',
    { least: 1000, most: 4999, integer: true, otherwise: undefined },
    { group },
  ),
  'refuse': numberOption(
    'STATUS',
    'answer every request with that HTTP status; the server is not asked',
    { least: 300, most: 599, integer: true, otherwise: undefined },
    { group },
  ),
  'direction': choiceOption(directions, 'what goes there is treated so', 'both', { group }),
  'seed': numberOption(
    'N',
    'the same faults again; default: another one each time, printed on stderr',
    { least: 0, most: 2 ** 32 - 1, integer: true, otherwise: undefined },
    { group },
  ),
} satisfies OptionRows;

/** What the options ask for. @throws {UsageError} */
export function readFaults(values: OptionValues<typeof faultOptions>): RelayRules {
  const { delay, jitter, rate, split, direction, reset, close, refuse } = values;
  if (reset && close !== undefined) throw new UsageError('expected --reset or --close, got both');
  const cutAfter = values['cut-after'];
  const way: WayRules = {
    delay,
    jitter,
    rate,
    split,
    dropPongs: values['drop-pongs'],
    corrupt: values.corrupt,
    cutAfter,
  };
  const whole = { reset, close, refuse };
  switch (direction) {
    case 'both':
      return { ...way, ...whole };
    case 'to-server':
      return { toServer: way, toClient: {}, ...whole };
    case 'to-client':
      return { toServer: {}, toClient: way, ...whole };
  }
}

function readTime(text: string, name: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text.trim()) ?? [];
  const time = Number(digits) * (unit === 's' ? 1000 : 1);
  if (digits !== undefined && time < 2 ** 31) return time;
  throw new UsageError(`${name} must be a time such as 100, 100ms or 1.5s, got ${quoteArgument(text)}`);
}

const factors: Readonly<Record<string, number>> = { '': 1, 'k': 1000, 'm': 1_000_000 };

function readRate(text: string, name: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text.trim()) ?? [];
  const rate = Number(digits) * factors[unit.toLowerCase()]!;
  if (digits !== undefined && rate >= 1) return rate;
  throw new UsageError(`${name} must be bytes a second such as 5000, 64k or 1m, got ${quoteArgument(text)}`);
}

const cutUnits: Readonly<Record<string, keyof CutAfter>> = { b: 'bytes', f: 'frames', s: 'seconds' };

function readCuts(given: readonly string[], name: string): CutAfter | undefined {
  if (given.length === 0) return undefined;
  const cuts: Partial<Record<keyof CutAfter, number>> = {};
  for (const text of given) {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)([bfs])$/i.exec(text.trim()) ?? [];
    const what = unit === undefined ? undefined : cutUnits[unit.toLowerCase()]!;
    const count = Number(digits);
    if (what === undefined || (what !== 'seconds' && !Number.isSafeInteger(count)) || count > 2_000_000_000_000) {
      throw new UsageError(`${name} must be 100b (bytes), 10f (frames) or 5s (seconds), got ${quoteArgument(text)}`);
    }
    cuts[what] = Math.min(count, cuts[what] ?? Infinity);
  }
  return cuts;
}
