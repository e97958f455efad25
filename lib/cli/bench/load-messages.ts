/** The messages of a load: a mix of sizes, or those of a file. */
import { Buffer } from 'node:buffer';
import { readNumber, UsageError } from '../command.js';
import type { MessagePlan, SizeShare } from './load-plan.js';

/** A message that is about to be sent. */
export interface LoadMessage {
  readonly data: string | Buffer;
  /** Bytes of its payload. */
  readonly size: number;
  /** The connection and the number that it begins with, both unique; empty when it is too small, or not ours. */
  readonly label: string;
}

export const maxMessageSize = 64 * 2 ** 20;
/** Characters of a label: a connection in eight, a number in eight. */
const half = 8;
const labelSize = 2 * half;
/** Above the window of deflate, so that a repetition compresses no better than a text does. */
const patternSize = 65536;
const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2 };

/** `16,1024:3,64k`: sizes in bytes, KiB or MiB, each with a weight. @throws {UsageError} */
export function readSizes(text: string, option: string): readonly SizeShare[] {
  return text.split(',').map((part) => {
    const match = /^\s*([^:]*?)([km]?)(?::([^:]+))?\s*$/i.exec(part);
    if (match === null) throw new UsageError(`${option} must be sizes with weights, e.g. 16,1024:3,64k`);
    const unit = units[match[2]!.toLowerCase()]!;
    const size = readNumber(option, match[1]!, { least: 0, most: maxMessageSize / unit, integer: true }) * unit;
    const weight =
      match[3] === undefined ? 1 : readNumber(`the weight in ${option}`, match[3], { least: 1, most: 1e6 });
    return { size, weight };
  });
}

/**
 * The messages of a file: one a line, or one between NULs. When all of the lines are JSON strings, their values, which
 * may have line ends. Empty lines, and a byte order mark, are not messages.
 *
 * @throws {UsageError} there is none
 */
export function splitMessages(file: Buffer, separatedByNul: boolean, option: string): readonly string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    throw new UsageError(`${option} must be a file in UTF-8`);
  }
  const parts = separatedByNul ? text.split('\0') : text.split(/\r?\n/);
  const messages = parts.filter((part) => part !== '');
  if (messages.length === 0) throw new UsageError(`${option} has no messages`);
  if (separatedByNul) return messages;
  const strings = messages.map(jsonString);
  return strings.every((string) => string !== undefined) ? (strings as string[]) : messages;
}

function jsonString(line: string): string | undefined {
  if (!/^\s*"/.test(line)) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a size or a mix is called in a report. */
export function describeMessages(plan: MessagePlan): string {
  const kind = plan.binary ? 'binary' : 'text';
  if (plan.kind === 'texts')
    return `${plan.texts.length} ${kind} ${plan.texts.length === 1 ? 'message' : 'messages'} of a file, in turn`;
  const sum = plan.sizes.reduce((total, { weight }) => total + weight, 0);
  const [first] = plan.sizes;
  if (plan.sizes.length === 1) return `${kind} messages of ${first!.size} bytes`;
  const parts = plan.sizes.map(({ size, weight }) => `${size} (${Math.round((weight / sum) * 100)} %)`);
  return `${kind} messages of ${parts.join(', ')} bytes`;
}

/** Makes the messages of all connections of a process. */
export class LoadMessages {
  readonly #next: (connection: number) => LoadMessage;
  #number = 0;

  constructor(plan: MessagePlan) {
    this.#next = plan.kind === 'texts' ? textsOf(plan.texts, plan.binary) : this.#sizesOf(plan.sizes, plan.binary);
  }

  /** @param connection its number, below 2 ** 31 */
  next(connection: number): LoadMessage {
    return this.#next(connection);
  }

  #sizesOf(sizes: readonly SizeShare[], binary: boolean): (connection: number) => LoadMessage {
    const pattern = makePattern();
    const bodies = sizes.map(({ size }) => {
      const rest = size < labelSize ? size : size - labelSize;
      const text = pattern.repeat(Math.ceil(rest / patternSize)).slice(0, rest);
      return binary ? Buffer.from(text, 'latin1') : text;
    });
    const pick = inProportion(sizes.map(({ weight }) => weight));
    return (connection) => {
      const place = pick();
      const { size } = sizes[place]!;
      const body = bodies[place]!;
      if (size < labelSize) return { data: body, size, label: '' };
      const label = labelOf(connection, this.#number++);
      const data = typeof body === 'string' ? label + body : Buffer.concat([Buffer.from(label, 'latin1'), body], size);
      return { data, size, label };
    };
  }
}

/** Every message of a file in turn; the connections begin at different ones. */
function textsOf(texts: readonly string[], binary: boolean): (connection: number) => LoadMessage {
  const messages = texts.map((text): LoadMessage => {
    const bytes = Buffer.from(text);
    return { data: binary ? bytes : text, size: bytes.length, label: '' };
  });
  const places = new Map<number, number>();
  return (connection) => {
    const place = places.get(connection) ?? connection % messages.length;
    places.set(connection, (place + 1) % messages.length);
    return messages[place]!;
  };
}

/** The label that a received message begins with, when it is one of the connection's. */
export function labelIn(data: string | Buffer, connection: number): string | undefined {
  if (data.length < labelSize) return undefined;
  const label = typeof data === 'string' ? data.slice(0, labelSize) : data.toString('latin1', 0, labelSize);
  return label.startsWith(connectionLabel(connection)) ? label : undefined;
}

function labelOf(connection: number, number: number): string {
  return connectionLabel(connection) + number.toString(36).padStart(half, '0').slice(-half);
}

function connectionLabel(connection: number): string {
  return `${connection.toString(36).padStart(half - 1, '0')}:`;
}

/** Places of the weights, each as often as its weight says and as evenly as can be, always in the same order. */
function inProportion(weights: readonly number[]): () => number {
  if (weights.length === 1) return () => 0;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const credit = weights.map(() => 0);
  return () => {
    let best = 0;
    for (let place = 0; place < weights.length; place++) {
      credit[place]! += weights[place]!;
      if (credit[place]! > credit[best]!) best = place;
    }
    credit[best]! -= sum;
    return best;
  };
}

/** Words and numbers in no order: deflate makes about a third of it, as of JSON. */
function makePattern(): string {
  const words = 'id type price name status event value user time list data item true false null count page order'.split(
    ' ',
  );
  let state = 1;
  const random = (below: number): number => {
    state = Math.imul(state, 1103515245) + 12345;
    return (state >>> 8) % below;
  };
  let text = '';
  while (text.length < patternSize) text += `"${words[random(words.length)]!}":${random(100_000)},`;
  return text.slice(0, patternSize);
}
