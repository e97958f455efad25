/** A target, through its proxy and TLS, -> a connected socket. */
import { Buffer } from 'node:buffer';
import net from 'node:net';
import { tunnelAuthority } from '../../protocol/http/connect.js';
import type { ConnectStep } from '../../protocol/recording/events.js';
import { sentence } from '../../protocol/sentence.js';
import { type ConnectionFailure, FailureError, type Phase } from '../failure.js';
import { load } from '../load.js';
import { nextTurn } from '../next-turn.js';
import { describeTlsError } from '../tls/alert.js';
import type { TlsConnection, TlsCredentials, TlsPeer, TlsPlan } from '../tls/credentials.js';
import { isLocalhost } from './host.js';
import { StepListeners } from './listener-group.js';
import { type ProxyServer, type ProxyTarget, resolveProxy } from './proxy.js';
import type { ProxyConfiguration } from './proxy-configuration.js';
import { Tunnel } from './proxy-tunnel.js';
import { type Race, race } from './race.js';
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
  /** A step is done; `socket` is the one that it led to, if any. It may run more than once, see `Dial.#retry`. */
  stepped?: ((step: ConnectStep, socket: net.Socket | undefined) => void) | undefined;
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
  /** A proxy's refusal that is there but for the rest of its body: what to report when the time is up. */
  readonly refusal: ConnectionFailure | undefined;
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

type HostPort = Pick<ProxyTarget, 'host' | 'port'>;

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
  #racing: Race | undefined;
  #socket: net.Socket | undefined;
  #listeners: StepListeners | undefined;
  #tunnel: Tunnel | undefined;
  /** The one to whom a TLS session was offered, until the handshake is done. */
  #offered: { readonly credentials: TlsCredentials; readonly peer: TlsPeer } | undefined;
  #isRetry = false;
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
    this.phase = this.#firstPhase();
    if (!this.#plan.target.secure && !this.#proxy?.secure) return this.#open();
    this.#loadCredentials().then(
      (credentials) => {
        this.#credentials = credentials;
        if (!this.#over) this.#open();
      },
      (error: unknown) => this.#fail(asFailure(error)),
    );
  }

  get refusal(): ConnectionFailure | undefined {
    return this.#tunnel?.refusal;
  }

  abort(): void {
    this.#over = true;
    this.#letGo();
  }

  #firstPhase(): Phase {
    const { host } = this.#proxy ?? this.#plan.target;
    return net.isIP(host) === 0 && !isLocalhost(host) ? 'DNS lookup' : 'TCP connection';
  }

  #letGo(): void {
    this.#racing?.abort();
    this.#listeners?.remove();
    this.#tunnel?.stop();
    // A lookup or a write under way may still report its end.
    this.#socket?.on('error', ignore).destroy();
  }

  async #loadCredentials(): Promise<Credentials> {
    const { tls: plan, target } = this.#plan;
    const { loadTls } = await load('tls/credentials.js', () => import('../tls/credentials.js'));
    const { caPath, minSupportTlsProtocol, keyLogFile } = plan;
    // A proxy gets credentials of its own: it is always verified, and the client certificate is none of its business.
    const proxyPlan = { caPath, minSupportTlsProtocol, keyLogFile, skipServerCertVerification: false };
    const [forTarget, forProxy] = await Promise.all([
      target.secure ? loadTls(plan) : undefined,
      this.#proxy?.secure ? loadTls(proxyPlan) : undefined,
    ]);
    return { target: forTarget, proxy: forProxy };
  }

  /** Starts to connect to the first hop. */
  #open(): void {
    const { target } = this.#plan;
    const { onread } = this.#handler;
    const { host, port } = this.#proxy ?? target;
    try {
      if (this.#proxy !== undefined) this.#connectToProxy(this.#proxy);
      else if (target.secure) this.#raceTls(this.#credentials.target!, { who: 'the server', ...target }, onread);
      else
        this.#race(
          { host, port },
          (address) => connectPlain(address, port, onread),
          () => this.#finish(true),
        );
    } catch (error) {
      // Node throws for what it can tell without a connection, such as a missing permission.
      return this.#failLater(connectFailure(this.#name({ host, port }), host, error as Error));
    }
    if (!this.#isRetry) this.#handler.started?.();
  }

  #connectToProxy(proxy: ProxyServer): void {
    const { host, port } = proxy;
    if (proxy.secure) this.#raceTls(this.#credentials.proxy!, { who: 'the proxy', host, port }, undefined);
    else
      this.#race(
        proxy,
        (address) => connectPlain(address, port, undefined),
        () => this.#openTunnel(proxy),
      );
  }

  /** Connects to one of the addresses of a host, and goes on with the socket of the first that answers. */
  #race(
    { host, port }: HostPort,
    open: (address: string) => net.Socket,
    connected: (socket: net.Socket) => void,
  ): void {
    this.#racing = race(host, {
      open,
      resolved: () => {
        if (this.phase === 'DNS lookup') this.#handler.stepped?.('DNS lookup', undefined);
        this.phase = 'TCP connection';
      },
      connected: (socket) => {
        this.#racing = undefined;
        this.#follow(socket, host, port);
        this.#handler.stepped?.('TCP connection', socket);
        connected(socket);
      },
      failed: (error) => this.#fail(connectFailure(this.#name({ host, port }), host, error)),
    });
  }

  /** TLS to the first hop: every attempt brings it along, since only then can `onread` be kept. */
  #raceTls(credentials: TlsCredentials, peer: TlsPeer, onread: net.OnReadOpts | undefined): void {
    const session = this.#takeSession(credentials, peer);
    const connections = new Map<net.Socket, TlsConnection>();
    const open = (address: string): net.Socket => {
      const connection = credentials.connect(peer, { address, onread }, session);
      connections.set(connection.socket, connection);
      return connection.socket;
    };
    this.#race(peer, open, (socket) => this.#shakeHands(connections.get(socket)!, peer, onread !== undefined));
  }

  /** A session is offered once: a peer that fails to resume it is asked again without. */
  #takeSession(credentials: TlsCredentials, peer: TlsPeer): Buffer | undefined {
    const session = this.#isRetry ? undefined : credentials.takeSession(peer);
    if (session !== undefined) this.#offered = { credentials, peer };
    return session;
  }

  #shakeHands(connection: TlsConnection, peer: TlsPeer, usesOnread: boolean): void {
    const isProxy = peer.who === 'the proxy';
    connection.socket.setNoDelay(true);
    this.phase = isProxy ? 'proxy' : 'TLS handshake';
    this.#listeners!.on('secureConnect', () => {
      if (!isProxy) this.#handler.stepped?.('TLS handshake', connection.socket);
      const refused = connection.verify();
      if (refused !== undefined) return this.#fail(refused);
      if (this.#isRetry) this.#offered?.credentials.neverResume(this.#offered.peer);
      this.#offered = undefined;
      if (isProxy) this.#openTunnel(this.#proxy!);
      else this.#finish(usesOnread);
    });
  }

  #openTunnel(proxy: ProxyServer): void {
    this.phase = 'proxy';
    this.#listeners!.remove();
    const socket = this.#socket!;
    this.#tunnel = new Tunnel(socket, proxy, this.#plan, {
      established: (head) => {
        this.#handler.stepped?.('proxy', socket);
        this.#enterTunnel(socket, head);
      },
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
    const credentials = this.#credentials.target!;
    const peer = { who: 'the server', ...target };
    const connection = credentials.connect(peer, { socket }, this.#takeSession(credentials, peer));
    this.#follow(connection.socket, peer.host, peer.port);
    this.#shakeHands(connection, peer, false);
  }

  /** Follows a socket that is connected; the steps after that have listeners of their own. */
  #follow(socket: net.Socket, host: string, port: number): void {
    this.#socket = socket;
    this.#listeners = new StepListeners(socket).on('error', (error: Error) => this.#lose(error, host, port));
  }

  #lose(error: Error, host: string, port: number): void {
    if (this.phase === 'TCP connection') {
      return this.#fail(connectFailure(this.#name({ host, port }), host, error));
    }
    if (this.#offered !== undefined && !this.#isRetry) return this.#retry();
    const whom = this.phase === 'proxy' ? 'the proxy' : 'the server';
    const problem = describeTlsError(error, whom);
    const text =
      problem === undefined
        ? sentence`the connection was lost during the TLS handshake with ${whom}: ${reason(error, host)}`
        : sentence`the TLS handshake failed: ${problem}`;
    this.#fail({ kind: 'tls', sentence: text, status: 0, attempted: true, cause: error });
  }

  /** Starts over without a session, which is an optimisation: nothing of the opening handshake has been sent yet. */
  #retry(): void {
    this.#letGo();
    this.#isRetry = true;
    this.phase = this.#firstPhase();
    this.#open();
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
    nextTurn(() => this.#fail(failure));
  }

  #fail(failure: ConnectionFailure): void {
    if (this.#over) return;
    this.abort();
    this.#handler.failed(failure);
  }
}

function connectPlain(address: string, port: number, onread: net.OnReadOpts | undefined): net.Socket {
  return net.connect({ host: address, port, noDelay: true, ...(onread === undefined ? {} : { onread }) });
}

function asFailure(error: unknown): ConnectionFailure {
  if (error instanceof FailureError) return error.failure;
  const text = sentence`TLS could not be loaded: ${String(error)}`;
  return { kind: 'unloadable', sentence: text, status: 0, attempted: false, cause: error };
}
