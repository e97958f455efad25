/** What a way to the server is like: the 101 that comes back on it, and how long messages take. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Opcode } from '../protocol/framing/opcode.js';
import { shorten } from '../protocol/printable.js';
import { blotFields } from '../protocol/secrets.js';
import { shortfall } from './exchange.js';
import { maxShown } from './frame-summary.js';
import { NotObservable, ProbeRun, type RunOptions } from './probe-run.js';
import type { RawConnection } from './raw-connection.js';

/** What was measured on one way. */
export interface WayMeasure {
  /** The fields of the 101, with names in lower case, without credentials; long ones are cut. */
  readonly fields: readonly string[];
  /** Milliseconds until a ping is answered, that is sent alone: the median. */
  readonly roundTrip: number | undefined;
  /** Milliseconds until a message of 1 MiB is echoed: the median. Not at all where nothing is echoed. */
  readonly transfer: number | undefined;
}

/** The way through a proxy, beside the one without it. */
export interface WayComparison {
  /** Without credentials. */
  readonly via: string;
  readonly direct: WayMeasure;
  readonly through: WayMeasure;
  /** Fields of the 101 that only come through it. */
  readonly added: readonly string[];
  /** Fields that do not come through it. */
  readonly removed: readonly string[];
  /** It holds back what is small. */
  readonly buffers: boolean;
}

const pings = 20;
const transfers = 3;
/** Milliseconds more on the way of a ping than one hop on a slow machine takes. */
const held = 30;
/** Fields that differ from one response to the next. */
const varying = /^(?:date|sec-websocket-accept|age|x-request-id)\b/;

const unmeasured: WayMeasure = { fields: [], roundTrip: undefined, transfer: undefined };

export async function measureWay(options: RunOptions): Promise<WayMeasure> {
  const run = new ProbeRun({ ...options, times: { ...options.times, probe: 4 * options.times.probe } });
  try {
    const { connection, outcome } = await run.handshake();
    if (outcome.kind !== 'response' || outcome.status.status !== 101) return unmeasured;
    const fields = blotFields(outcome.head.fields).map(([name, value]) =>
      shorten(run.log.blot(`${name.toLowerCase()}: ${value}`), maxShown),
    );
    const roundTrip = await median(pings, () => pingTime(run, connection));
    const isEcho = options.capabilities?.binary === 'echo';
    return {
      fields,
      roundTrip,
      transfer: isEcho ? await median(transfers, () => echoTime(run, connection)) : undefined,
    };
  } catch (error) {
    if (!(error instanceof NotObservable)) throw error;
    return unmeasured;
  } finally {
    run.end();
  }
}

export function compareWays(via: string, direct: WayMeasure, through: WayMeasure): WayComparison {
  const steady = ({ fields }: WayMeasure): string[] => fields.filter((field) => !varying.test(field));
  const [without, within] = [steady(direct), steady(through)];
  const isKnown = direct.roundTrip !== undefined && through.roundTrip !== undefined;
  return {
    via,
    direct,
    through,
    added: within.filter((field) => !without.includes(field)),
    removed: without.filter((field) => !within.includes(field)),
    buffers: isKnown && through.roundTrip - direct.roundTrip > held,
  };
}

/** Lines of a report. */
export function describeWay({ via, direct, through, added, removed, buffers }: WayComparison): string[] {
  const times = (name: string, one: number | undefined, other: number | undefined): string[] =>
    one === undefined || other === undefined
      ? []
      : [`${name}: ${one.toFixed(2)} ms directly, ${other.toFixed(2)} ms through it`];
  return [
    ...added.map((field) => `it adds to the 101: ${field}`),
    ...removed.map((field) => `it takes from the 101: ${field}`),
    ...times('a ping', direct.roundTrip, through.roundTrip),
    ...times('an echo of 1 MiB', direct.transfer, through.transfer),
    ...(buffers ? [`it holds small frames back: ${via} buffers`] : []),
  ];
}

async function pingTime(run: ProbeRun, connection: RawConnection): Promise<number | undefined> {
  const payload = randomBytes(4).toString('hex');
  const start = performance.now();
  await connection.sendFrames({ opcode: Opcode.ping, payload });
  const pong = await run.await(
    connection,
    (frame) => frame.opcode === Opcode.pong && frame.payload.toString() === payload,
  );
  return typeof pong === 'string' ? undefined : performance.now() - start;
}

async function echoTime(run: ProbeRun, connection: RawConnection): Promise<number | undefined> {
  const payload = Buffer.alloc(2 ** 20, randomBytes(4).toString('hex'));
  const start = performance.now();
  await connection.sendFrames({ opcode: Opcode.binary, payload });
  const problem = await shortfall(run, connection, Opcode.binary, [payload]);
  return problem === undefined ? performance.now() - start : undefined;
}

/** Of those that came. */
async function median(count: number, measure: () => Promise<number | undefined>): Promise<number | undefined> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const time = await measure();
    if (time === undefined) break;
    times.push(time);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}
