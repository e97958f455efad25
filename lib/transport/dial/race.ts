/** Happy Eyeballs (RFC 8305): attempts at all addresses of a host, raced and not cut; the first that connects wins. */
import type net from 'node:net';
import { type AddressPlan, allowedAddresses, knownAddresses, lookUp } from './addresses.js';
import type { LookupFunction } from './lookup.js';

/** RFC 8305 §8: the recommended Connection Attempt Delay, in milliseconds. */
export const attemptDelay = 250;

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
 * @param system the system's resolver
 * @throws when it is an address, and the only attempt throws
 */
export function race(host: string, handler: RaceHandler, plan: AddressPlan = {}, system?: LookupFunction): Race {
  const started = new Race(handler);
  const known = knownAddresses(host, plan);
  if (known === undefined) {
    started.resolve(host, plan, system);
    return started;
  }
  const allowed = allowedAddresses(host, known, plan);
  if (allowed[0] === host) started.only(host);
  else started.all(allowed);
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

  resolve(host: string, plan: AddressPlan, system: LookupFunction | undefined): void {
    const found = (error: Error | undefined, addresses: string[]): void => {
      if (this.#over) return;
      if (error !== undefined) return this.#fail(error);
      this.all(addresses);
    };
    lookUp(host, plan, found, system);
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

function allOf(errors: readonly Error[]): Error {
  if (errors.length === 1) return errors[0]!;
  const all = new AggregateError(errors, 'no address could be connected to');
  return Object.assign(all, { code: (errors[0] as NodeJS.ErrnoException | undefined)?.code });
}
