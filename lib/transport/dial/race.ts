/** Happy Eyeballs (RFC 8305): attempts at all addresses of a host, raced and not cut; the first that connects wins. */
import dns, { type LookupAddress } from 'node:dns';
import net from 'node:net';
import { isLocalhost } from './host.js';

/** RFC 8305 §8: the recommended Connection Attempt Delay, in milliseconds. */
export const attemptDelay = 250;

/** As of `dns.lookup` with `all`. */
export type Lookup = (
  host: string,
  options: { all: true; hints: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface RaceHandler {
  /** Starts to connect to an address. May throw, as `net.connect` does without a permission. */
  open(address: string): net.Socket;
  /** The addresses are known. Not called for a host that is an address. */
  resolved(): void;
  /** The winner, from inside its 'connect'. No listener of the race is left on it. */
  connected(socket: net.Socket): void;
  /** No address could be connected to, or there is none: one error, or an `AggregateError` with one for each address. */
  failed(error: Error): void;
}

/**
 * Starts to race.
 *
 * @throws when it is an address, and the only attempt throws
 */
export function race(host: string, handler: RaceHandler, lookup: Lookup = dns.lookup): Race {
  const started = new Race(handler);
  if (net.isIP(host) !== 0) started.only(host);
  else if (isLocalhost(host)) started.all(['127.0.0.1', '::1']);
  else started.resolve(host, lookup);
  return started;
}

const ignore = (): void => {};

export class Race {
  readonly #handler: RaceHandler;
  #addresses: string[] = [];
  readonly #sockets = new Map<net.Socket, () => void>();
  readonly #errors: Error[] = [];
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(handler: RaceHandler) {
    this.#handler = handler;
  }

  only(address: string): void {
    this.#follow(this.#handler.open(address));
  }

  resolve(host: string, lookup: Lookup): void {
    // As net.connect asks: not for addresses of a family that this machine has none of, where the system can tell.
    const hints = process.platform === 'win32' ? 0 : dns.ADDRCONFIG;
    lookup(host, { all: true, hints }, (error, found) => {
      if (this.#over) return;
      if (error !== null) return this.#fail(error);
      this.all(interleave(found));
    });
  }

  all(addresses: string[]): void {
    this.#addresses = addresses;
    this.#handler.resolved();
    this.#next();
  }

  /** Destroys every attempt; nothing more is reported. */
  abort(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const [socket, release] of this.#sockets) {
      release();
      socket.on('error', ignore).destroy();
    }
    this.#sockets.clear();
  }

  /** Starts the next attempt: RFC 8305 §5, after the delay, or at once when the one before has failed. */
  #next(): void {
    clearTimeout(this.#timer);
    const address = this.#addresses.shift();
    if (address === undefined) {
      if (this.#sockets.size === 0) this.#fail(allOf(this.#errors));
      return;
    }
    try {
      this.#follow(this.#handler.open(address));
    } catch (error) {
      this.#errors.push(error as Error);
      return this.#next();
    }
    if (this.#addresses.length > 0) this.#timer = setTimeout(() => this.#next(), attemptDelay);
  }

  #follow(socket: net.Socket): void {
    const connected = (): void => this.#win(socket);
    const failed = (error: Error): void => this.#lose(socket, error);
    socket.on('connect', connected).on('error', failed);
    this.#sockets.set(socket, () => socket.off('connect', connected).off('error', failed));
  }

  #win(socket: net.Socket): void {
    this.#sockets.get(socket)!();
    this.#sockets.delete(socket);
    this.abort();
    this.#handler.connected(socket);
  }

  #lose(socket: net.Socket, error: Error): void {
    this.#sockets.get(socket)!();
    this.#sockets.delete(socket);
    socket.on('error', ignore).destroy();
    this.#errors.push(error);
    this.#next();
  }

  #fail(error: Error): void {
    this.abort();
    this.#handler.failed(error);
  }
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

function allOf(errors: readonly Error[]): Error {
  if (errors.length === 1) return errors[0]!;
  const all = new AggregateError(errors, 'no address could be connected to');
  return Object.assign(all, { code: (errors[0] as NodeJS.ErrnoException | undefined)?.code });
}
