/** The addresses of a host: from the system's resolver, or from a function that the program brings. */
import { AsyncResource } from 'node:async_hooks';
import dns, { type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { printable, shorten } from '../../protocol/printable.js';
import { isLocalhost } from './host.js';
import type { LookupFunction } from './lookup.js';

/** What a program says about the addresses of the first hop: ours, and those to connect to. */
export interface AddressPlan {
  /** Only addresses of this family are connected to, and asked for. An address in a URL is taken as it is. */
  readonly family?: 4 | 6 | undefined;
  /** The address of this machine that connections start from. */
  readonly localAddress?: string | undefined;
  /** Asked in the place of the system's resolver, for `localhost` too. */
  readonly lookup?: LookupFunction | undefined;
}

/** There is no address to connect to. The message says why. */
export class LookupError extends Error {
  override readonly name = 'LookupError';
}

type Done = (error: Error | undefined, addresses: string[]) => void;

/** The addresses that are known without a lookup; `undefined` for a name. */
export function knownAddresses(host: string, plan: AddressPlan): string[] | undefined {
  if (isIP(host) !== 0) return [host];
  return plan.lookup === undefined && isLocalhost(host) ? ['127.0.0.1', '::1'] : undefined;
}

/** Whether a host has to be looked up. */
export function isName(host: string, plan: AddressPlan | undefined): boolean {
  return isIP(host) === 0 && (plan?.lookup !== undefined || !isLocalhost(host));
}

/**
 * Those of the addresses that the plan allows.
 *
 * @throws {LookupError} none of them is
 */
export function allowedAddresses(host: string, addresses: readonly string[], plan: AddressPlan): string[] {
  const { family, localAddress } = plan;
  // An address that the program wrote down is taken whatever the family asked for, as Node does.
  const ofFamily =
    family === undefined || isIP(host) !== 0 ? addresses : addresses.filter((one) => isIP(one) === family);
  if (ofFamily.length === 0 && addresses.length > 0) {
    throw new LookupError(`the host name ${host} has no address of the family that was asked for, IPv${family}`);
  }
  if (localAddress === undefined) return [...ofFamily];
  const fitting = ofFamily.filter((one) => isIP(one) === isIP(localAddress));
  if (fitting.length === 0 && ofFamily.length > 0) {
    const who = isIP(host) === 0 ? `the host name ${host} has no address` : `${host} is not an address`;
    throw new LookupError(`${who} of the family of the local address ${localAddress}`);
  }
  return fitting;
}

/** Looks a name up. `done` is called once, and not before this has returned. */
export function lookUp(host: string, plan: AddressPlan, done: Done, system: LookupFunction = dns.lookup): void {
  // As net.connect asks: not for addresses of a family that this machine has none of, where the system can tell.
  const hints = process.platform === 'win32' ? 0 : dns.ADDRCONFIG;
  const options = { all: true as const, hints, ...(plan.family === undefined ? {} : { family: plan.family }) };
  const settle = (find: () => string[]): void => {
    let allowed: string[];
    try {
      allowed = allowedAddresses(host, find(), plan);
    } catch (error) {
      return done(error as LookupError, []);
    }
    done(undefined, allowed);
  };
  if (plan.lookup === undefined) {
    system(host, options, (error, found) => {
      if (error !== null) return done(error as Error, []);
      settle(() => interleave(found as readonly LookupAddress[]));
    });
    return;
  }
  let isDone = false;
  // The program may call back at once, twice, or from anywhere.
  const answered = AsyncResource.bind((error: unknown, found?: unknown): void => {
    if (isDone) return;
    isDone = true;
    process.nextTick(() => {
      if (error != null) return done(notResolved(host, error), []);
      settle(() => interleave(check(host, listOf(found))));
    });
  });
  try {
    // One that gives a promise, as that of `dns.promises` does, may be done before it has called back.
    const given: unknown = plan.lookup(host, options, answered);
    Promise.resolve(given).then(
      (found) => found !== undefined && answered(null, found),
      (error: unknown) => answered(error ?? new Error('lookup rejected with nothing')),
    );
  } catch (error) {
    answered(error ?? new Error('lookup threw nothing'));
  }
}

/** An address alone, as text or as the short form of `dns.promises.lookup` has it, is a list of one. */
function listOf(found: unknown): unknown {
  if (typeof found === 'string') return [{ address: found }];
  return typeof found === 'object' && found !== null && 'address' in found ? [found] : found;
}

/** @throws {LookupError} a program's lookup may give anything */
function check(host: string, found: unknown): LookupAddress[] {
  const addresses = (Array.isArray(found) ? found : []).map((one: { address?: unknown } | null) => one?.address);
  if (addresses.length === 0) throw new LookupError(`the lookup of the host name ${host} gave no address`);
  return addresses.map((address) => {
    const family = typeof address === 'string' ? isIP(address) : 0;
    if (family !== 0) return { address: address as string, family };
    throw new LookupError(`the lookup of the host name ${host} gave something that is not an IP address`);
  });
}

function notResolved(host: string, cause: unknown): LookupError {
  const { code, message } = cause as Partial<NodeJS.ErrnoException>;
  const why = typeof code === 'string' ? code : typeof message === 'string' ? message : String(cause);
  return new LookupError(`the host name ${host} could not be resolved (${printable(shorten(why, 100))})`, { cause });
}

/** RFC 8305 §4: families alternate, the one that the resolver prefers first; inside a family its order stays. */
function interleave(found: readonly LookupAddress[]): string[] {
  const first = found.filter(({ family }) => family === found[0]!.family);
  const other = found.filter(({ family }) => family !== found[0]!.family);
  const addresses = new Set<string>();
  for (let at = 0; at < Math.max(first.length, other.length); at++) {
    for (const family of [first, other]) if (at < family.length) addresses.add(family[at]!.address);
  }
  return [...addresses];
}
