/** A target, through its proxy and TLS, -> a connected socket. */
import { Buffer } from 'node:buffer';
import net from 'node:net';
import { tunnelAuthority } from '../../protocol/http/connect.js';
import { sentence } from '../../protocol/sentence.js';
import { type ConnectionFailure, FailureError, type Phase } from '../failure.js';
import { describeTlsError } from '../tls/alert.js';
import type { TlsCredentials, TlsPeer, TlsPlan, TlsWay } from '../tls/credentials.js';
import { StepListeners } from './listener-group.js';
import { type ProxyServer, type ProxyTarget, resolveProxy } from './proxy.js';
import type { ProxyConfiguration } from './proxy-configuration.js';
import { Tunnel } from './proxy-tunnel.js';
import { connectFailure, reason } from './reason.js';

export interface DialPlan {
  readonly target: ProxyTarget;
  readonly proxy: ProxyConfiguration;
  readonly tls: TlsPlan;
  /** For the CONNECT to a proxy (RFC 9110 §10.1.5). */
  readonly userAgent?: string | undefined;
}

export interface DialHandler {
  /** Where a socket may read to without a copy. */
  readonly onread: net.OnReadOpts;
  /** The files are good, and the way to the first hop has been entered: what fails from now on fails in the network. */
  started?(): void;
  /**
   * The socket is ready for the opening handshake and, from now on, the receiver's: it has to listen for 'error' and,
   * unless `usesOnread`, for 'data' before it returns. `head`: bytes of the peer that are already there.
   */
  connected(socket: net.Socket, usesOnread: boolean, head: Buffer): void;
  /** Never after `connected` or `abort()`, never before `dial` has returned. */
  failed(failure: ConnectionFailure): void;
}

export interface Dialing {
  readonly phase: Phase;
  /** Gives up: nothing more is called, and no socket or timer is left. */
  abort(): void;
}

/**
 * Connects. Files are read now, not earlier.
 *
 * @param environment where `proxy: 'system'` looks; default: the process's, now
 */
export function dial(plan: DialPlan, handler: DialHandler, environment = process.env): Dialing {
  const dialing = new Dial(plan, handler, environment);
  dialing.start();
  return dialing;
}

const nothing = Buffer.alloc(0);
const ignore = (): void => {};

/** What TLS needs, once it is loaded: for the target, and for a proxy that is reached by TLS. */
interface Credentials {
  readonly target: TlsCredentials | undefined;
  readonly proxy: TlsCredentials | undefined;
}

class Dial implements Dialing {
  phase: Phase = 'DNS lookup';
  readonly #plan: DialPlan;
  readonly #handler: DialHandler;
  readonly #environment: NodeJS.ProcessEnv;
  #proxy: ProxyServer | undefined;
  #credentials: Credentials = { target: undefined, proxy: undefined };
  #socket: net.Socket | undefined;
  #listeners: StepListeners | undefined;
  #tunnel: Tunnel | undefined;
  #over = false;

  constructor(plan: DialPlan, handler: DialHandler, environment: NodeJS.ProcessEnv) {
    this.#plan = plan;
    this.#handler = handler;
    this.#environment = environment;
  }

  start(): void {
    try {
      this.#proxy = resolveProxy(this.#plan.proxy, this.#plan.target, this.#environment);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return this.#failLater(error.failure);
    }
    if (net.isIP((this.#proxy ?? this.#plan.target).host) !== 0) this.phase = 'TCP connection';
    if (!this.#plan.target.secure && !this.#proxy?.secure) return this.#open();
    this.#loadCredentials().then(
      (credentials) => {
        this.#credentials = credentials;
        if (!this.#over) this.#open();
      },
      (error: unknown) => this.#fail(asFailure(error)),
    );
  }

  abort(): void {
    this.#over = true;
    this.#listeners?.remove();
    this.#tunnel?.stop();
    // A lookup or a write under way may still report its end.
    this.#socket?.on('error', ignore).destroy();
  }

  async #loadCredentials(): Promise<Credentials> {
    const { tls: plan, target } = this.#plan;
    const { loadTls } = await import('../tls/credentials.js');
    const { caPath, minSupportTlsProtocol } = plan;
    // A proxy gets credentials of its own: it is always verified, and the client certificate is none of its business.
    const proxyPlan = { caPath, minSupportTlsProtocol, skipServerCertVerification: false };
    const [forTarget, forProxy] = await Promise.all([
      target.secure ? loadTls(plan) : undefined,
      this.#proxy?.secure ? loadTls(proxyPlan) : undefined,
    ]);
    return { target: forTarget, proxy: forProxy };
  }

  /** Starts the TCP connection to the first hop. */
  #open(): void {
    const { target } = this.#plan;
    const { onread } = this.#handler;
    try {
      if (this.#proxy !== undefined) this.#connectToProxy(this.#proxy);
      else if (target.secure) this.#connectTls(this.#credentials.target!, { who: 'the server', ...target }, { onread });
      else this.#connectPlain({ who: 'the server', ...target }, onread, () => this.#finish(true));
    } catch (error) {
      // Node throws for what it can tell without a connection, such as a missing permission.
      const { host, port } = this.#proxy ?? target;
      return this.#failLater(connectFailure(this.#name({ host, port }), host, error as Error));
    }
    this.#handler.started?.();
  }

  #connectToProxy(proxy: ProxyServer): void {
    const peer = { who: 'the proxy', host: proxy.host, port: proxy.port };
    if (proxy.secure) this.#connectTls(this.#credentials.proxy!, peer, {});
    else this.#connectPlain(peer, undefined, () => this.#openTunnel(proxy));
  }

  #connectPlain({ host, port }: TlsPeer, onread: net.OnReadOpts | undefined, connected: () => void): void {
    const socket = net.connect({ host, port, noDelay: true, ...(onread === undefined ? {} : { onread }) });
    this.#follow(socket, host, port).on('connect', connected);
  }

  /** TLS on a new connection, or on one that exists: to the proxy, or to the target. */
  #connectTls(credentials: TlsCredentials, peer: TlsPeer, way: TlsWay): void {
    const isProxy = peer.who === 'the proxy';
    const connection = credentials.connect(peer, way);
    const { socket } = connection;
    const connected = (): void => {
      socket.setNoDelay(true);
      this.phase = isProxy ? 'proxy' : 'TLS handshake';
    };
    if ('socket' in way) connected();
    this.#follow(socket, peer.host, peer.port)
      .on('connect', connected)
      .on('secureConnect', () => {
        const refused = connection.verify();
        if (refused !== undefined) this.#fail(refused);
        else if (isProxy) this.#openTunnel(this.#proxy!);
        else this.#finish('onread' in way);
      });
  }

  #openTunnel(proxy: ProxyServer): void {
    this.phase = 'proxy';
    this.#listeners!.remove();
    const socket = this.#socket!;
    this.#tunnel = new Tunnel(socket, proxy, this.#plan, {
      established: (head) => this.#enterTunnel(socket, head),
      failed: (failure) => this.#fail(failure),
    });
  }

  #enterTunnel(socket: net.Socket, head: Buffer): void {
    const { target } = this.#plan;
    if (!target.secure) return this.#finish(false, head);
    socket.pause();
    if (head.length > 0) socket.unshift(head);
    // TLS reads from the handle below the socket, so the socket itself has nothing to report that TLS does not.
    socket.on('error', ignore);
    this.#connectTls(this.#credentials.target!, { who: 'the server', ...target }, { socket });
  }

  /** Follows a socket until it is connected; the steps after that have listeners of their own. */
  #follow(socket: net.Socket, host: string, port: number): StepListeners {
    this.#socket = socket;
    this.#listeners = new StepListeners(socket)
      .on('lookup', () => {
        this.phase = 'TCP connection';
      })
      .on('error', (error: Error) => this.#fail(this.#socketError(error, host, port)));
    return this.#listeners;
  }

  #socketError(error: Error, host: string, port: number): ConnectionFailure {
    if (this.phase === 'DNS lookup' || this.phase === 'TCP connection') {
      return connectFailure(this.#name({ host, port }), host, error);
    }
    const whom = this.phase === 'proxy' ? 'the proxy' : 'the server';
    const problem = describeTlsError(error, whom);
    const text =
      problem === undefined
        ? sentence`the connection was lost during the TLS handshake with ${whom}: ${reason(error, host)}`
        : sentence`the TLS handshake failed: ${problem}`;
    return { kind: 'tls', sentence: text, status: 0, attempted: true, cause: error };
  }

  #name({ host, port }: { host: string; port: number }): string {
    return `${this.#proxy === undefined ? 'the server' : 'the proxy'} ${tunnelAuthority(host, port)}`;
  }

  #finish(usesOnread: boolean, head: Buffer = nothing): void {
    const socket = this.#socket!;
    this.#over = true;
    this.#listeners!.remove();
    this.#socket = undefined;
    this.#handler.connected(socket, usesOnread, head);
  }

  #failLater(failure: ConnectionFailure): void {
    queueMicrotask(() => this.#fail(failure));
  }

  #fail(failure: ConnectionFailure): void {
    if (this.#over) return;
    this.abort();
    this.#handler.failed(failure);
  }
}

function asFailure(error: unknown): ConnectionFailure {
  if (error instanceof FailureError) return error.failure;
  const text = sentence`TLS could not be loaded: ${String(error)}`;
  return { kind: 'unloadable', sentence: text, status: 0, attempted: false, cause: error };
}
