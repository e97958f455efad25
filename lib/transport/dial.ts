/** A target, through its proxy and TLS, -> a connected socket. */
import { Buffer } from 'node:buffer';
import net from 'node:net';
import { isPermissionDenied } from '../errors.js';
import type { Refusal } from '../protocol/session.js';
import type { ProxyConfiguration } from './proxy.js';
import type { TlsPlan } from './tls.js';

/** Where a connection attempt is. TLS to the proxy itself belongs to `proxy`. */
export type Phase = 'DNS lookup' | 'TCP connection' | 'proxy' | 'TLS handshake';

export interface DialPlan {
  /** The host has no brackets. */
  readonly target: { readonly secure: boolean; readonly host: string; readonly port: number };
  readonly proxy: ProxyConfiguration;
  readonly tls: TlsPlan;
}

export interface DialHandler {
  /** Where a socket may read to without a copy. */
  readonly onread: net.OnReadOpts;
  /**
   * The socket is ready for the opening handshake, and the receiver's: it has to listen for 'error' (and 'data') before
   * it returns. `usesOnread`: data comes through `onread`, else as 'data'. `head`: bytes that are already there.
   */
  connected(socket: net.Socket, usesOnread: boolean, head: Buffer): void;
  /** Never after `connected` or `abort()`, never before `dial` has returned. */
  failed(failure: DialFailure): void;
}

/** Why there is no connection. */
export interface DialFailure {
  /** What happened, as a sentence; never a credential. */
  readonly message: string;
  readonly code: 201 | 2302002 | 2302999;
  /** The proxy's HTTP status; 0 when there is none. */
  readonly status: number;
  readonly cause?: unknown;
  /** What the proxy answered instead of a 2xx. */
  readonly refusal?: Refusal;
}

export interface Dialing {
  readonly phase: Phase;
  /** Gives up: nothing more is called, and no handle is left. */
  abort(): void;
}

/** Connects. Reads the environment and files now, not earlier. */
export function dial(plan: DialPlan, handler: DialHandler): Dialing {
  const dialing = new Dial(plan, handler);
  dialing.start();
  return dialing;
}

const nothing = Buffer.alloc(0);
const ignore = (): void => {};

class Dial implements Dialing {
  phase: Phase;
  readonly #plan: DialPlan;
  readonly #handler: DialHandler;
  #socket: net.Socket | undefined;
  #over = false;

  constructor(plan: DialPlan, handler: DialHandler) {
    this.#plan = plan;
    this.#handler = handler;
    this.phase = net.isIP(plan.target.host) === 0 ? 'DNS lookup' : 'TCP connection';
  }

  start(): void {
    const { secure, host, port } = this.#plan.target;
    const address = { host, port, noDelay: true, onread: this.#handler.onread };
    if (!secure) {
      const socket = net.connect(address);
      this.#watch(socket);
      socket.on('connect', this.#ready);
      return;
    }
    void Promise.all([import('node:tls'), import('./tls.js')]).then(([tls, { tlsOptions }]) => {
      if (this.#over) return;
      const socket = tls.connect({ ...tlsOptions(this.#plan.tls, host), ...address });
      this.#watch(socket);
      socket.on('connect', this.#onConnect);
      socket.on('secureConnect', this.#ready);
    });
  }

  abort(): void {
    this.#over = true;
    if (this.#socket === undefined) return;
    this.#unwatch(this.#socket);
    this.#socket.on('error', ignore);
    this.#socket.destroy();
  }

  #watch(socket: net.Socket): void {
    this.#socket = socket;
    socket.on('lookup', this.#onLookup);
    socket.on('error', this.#onError);
  }

  #unwatch(socket: net.Socket): void {
    socket.off('lookup', this.#onLookup);
    socket.off('error', this.#onError);
    socket.off('connect', this.#ready);
    socket.off('connect', this.#onConnect);
    socket.off('secureConnect', this.#ready);
  }

  readonly #onLookup = (): void => {
    this.phase = 'TCP connection';
  };

  readonly #onConnect = (): void => {
    this.phase = 'TLS handshake';
  };

  readonly #ready = (): void => {
    const socket = this.#socket!;
    this.#unwatch(socket);
    this.#over = true;
    this.#handler.connected(socket, true, nothing);
  };

  readonly #onError = (error: Error): void => {
    this.abort();
    const code = isPermissionDenied(error) ? 201 : 2302999;
    this.#handler.failed({ message: `${this.phase} failed: ${error.message}`, code, status: 0, cause: error });
  };
}
