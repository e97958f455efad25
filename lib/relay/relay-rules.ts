/** Faults on purpose: what a relay does to the connections that pass through it. */
import { maySendCloseCode } from '../protocol/closing/close-code.js';

/** What happens to the bytes of one direction. Left out: they are passed on as they come. */
export interface WayRules {
  /** Milliseconds by which everything is late. What follows does not wait for what came before to arrive. */
  readonly delay?: number | undefined;
  /** Up to so many milliseconds more for each piece, at random; the order stays. */
  readonly jitter?: number | undefined;
  /** Bytes a second. */
  readonly rate?: number | undefined;
  /** Writes of at most so many bytes, each handed to the system on its own. */
  readonly split?: number | undefined;
  /** Leave out pong frames. */
  readonly dropPongs?: boolean | undefined;
  /** Change one byte of the payload of every frame, at random. */
  readonly corrupt?: boolean | undefined;
  /** Cut the connection when so much of this direction has passed, counted from the end of the opening handshake. */
  readonly cutAfter?: CutAfter | undefined;
}

/** When a connection is cut: whichever comes first. 0: as soon as it is open. */
export interface CutAfter {
  readonly bytes?: number | undefined;
  readonly frames?: number | undefined;
  /** Since the opening handshake was done. */
  readonly seconds?: number | undefined;
}

/** What happens to a connection: to both directions, unless one has rules of its own. */
export interface RelayRules extends WayRules {
  /** Client to server, in the place of the rules for both. */
  readonly toServer?: WayRules | undefined;
  /** Server to client, in the place of the rules for both. */
  readonly toClient?: WayRules | undefined;
  /** Cut with a TCP reset, not with an end; without `cutAfter` as soon as the connection is open. */
  readonly reset?: boolean | undefined;
  /** Cut with a Close frame of this code to both peers; without `cutAfter` as soon as the connection is open. */
  readonly close?: number | undefined;
  /** Answer every request with this HTTP status, from 300 to 599; the server is not asked. */
  readonly refuse?: number | undefined;
}

type Check = readonly [demand: string, holds: (value: unknown) => boolean];

function numberCheck(least: number, integer = false): Check {
  const demand = `${integer ? 'an integer' : 'a number'} from ${least}`;
  const holds = (value: unknown): boolean =>
    typeof value === 'number' && value >= least && value < Infinity && (!integer || Number.isInteger(value));
  return [demand, holds];
}

const flag: Check = ['a boolean', (value) => typeof value === 'boolean'];

/** A timer of Node's holds no more than this many milliseconds. */
const longestDelay = 2 ** 31 - 1;
const longestSeconds = Math.floor(longestDelay / 1000);

const cutChecks: Readonly<Record<keyof CutAfter, Check>> = {
  bytes: numberCheck(0, true),
  frames: numberCheck(0, true),
  seconds: [
    `a number from 0 to ${longestSeconds}`,
    (value) => typeof value === 'number' && value >= 0 && value <= longestSeconds,
  ],
};

const delayCheck: Check = [
  `a number of milliseconds from 0 to ${longestDelay}`,
  (value) => typeof value === 'number' && value >= 0 && value <= longestDelay,
];

const wayChecks: Readonly<Record<Exclude<keyof WayRules, 'cutAfter'>, Check>> = {
  delay: delayCheck,
  jitter: delayCheck,
  rate: numberCheck(1),
  split: numberCheck(1, true),
  dropPongs: flag,
  corrupt: flag,
};

const relayChecks: Readonly<Record<'reset' | 'close' | 'refuse', Check>> = {
  reset: flag,
  close: [
    'a code that a Close frame may have: 1000-1003, 1007-1014, 3000-4999',
    (value) => typeof value === 'number' && maySendCloseCode(value),
  ],
  refuse: [
    'an HTTP status from 300 to 599',
    (value) => Number.isInteger(value) && (value as number) >= 300 && (value as number) <= 599,
  ],
};

/**
 * Checks rules, of a program that may be JavaScript.
 *
 * @throws {TypeError} a name that is not a rule's, or a value that cannot be
 */
export function checkRules(rules: RelayRules): RelayRules {
  if (typeof rules !== 'object' || rules === null) throw new TypeError('rules must be an object or a function');
  const { toServer, toClient, ...both } = rules;
  checkWay(both, { ...wayChecks, ...relayChecks }, '');
  if (toServer !== undefined) checkWay(toServer, wayChecks, 'toServer.');
  if (toClient !== undefined) checkWay(toClient, wayChecks, 'toClient.');
  if (rules.reset === true && rules.close !== undefined)
    throw new TypeError('expected the rule reset or close, got both');
  return rules;
}

function checkWay(rules: WayRules, checks: Readonly<Record<string, Check>>, prefix: string): void {
  checkObject(rules, prefix);
  const { cutAfter, ...others } = rules;
  checkMembers(others, checks, prefix);
  if (cutAfter === undefined) return;
  checkObject(cutAfter, `${prefix}cutAfter.`);
  checkMembers(cutAfter, cutChecks, `${prefix}cutAfter.`);
}

function checkObject(given: unknown, prefix: string): void {
  if (typeof given === 'object' && given !== null) return;
  throw new TypeError(`the rules ${prefix.slice(0, -1)} must be an object`);
}

function checkMembers(given: object, checks: Readonly<Record<string, Check>>, prefix: string): void {
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined)
      throw new TypeError(`there is no rule ${prefix}${name}; expected one of ${Object.keys(checks).join(', ')}`);
    const [demand, holds] = check;
    if (value !== undefined && !holds(value)) {
      throw new TypeError(`the rule ${prefix}${name} must be ${demand}, got ${String(value)}`);
    }
  }
}

/** Whether a rule needs random numbers, so that a seed makes sense. */
export function isRandom(rules: RelayRules): boolean {
  return [rules, rules.toServer, rules.toClient].some((way) => way?.corrupt === true || (way?.jitter ?? 0) > 0);
}
