/** A target, through its proxy and TLS, -> a connected socket. */
import { Buffer } from 'node:buffer';
import net from 'node:net';
import { tunnelAuthority } from '../../protocol/http/connect.js';
import { printable, shorten } from '../../protocol/printable.js';
import type { ConnectStep } from '../../protocol/recording/events.js';
import { sentence } from '../../protocol/sentence.js';
import { type ConnectionFailure, FailureError, type Phase } from '../failure.js';
import { nextTurn } from '../next-turn.js';
import { describeTlsError } from '../tls/alert.js';
import type { TlsConnection, TlsCredentials, TlsPeer, TlsPlan } from '../tls/credentials.js';
import { type AddressPlan, allowedAddresses, isName, knownAddresses, lookUp } from './addresses.js';
import type { ConnectionSource } from './duplex-like.js';
import { StepListeners } from './listener-group.js';
import { loadParts, needsParts, type Parts, partsFailure } from './parts.js';
import { type ProxyServer, type ProxyTarget, resolveProxy } from './proxy.js';
import type { AnyProxy } from './proxy-configuration.js';
import { Tunnel, type TunnelHandler } from './proxy-tunnel.js';
import { Race, race } from './race.js';
import { connectFailure, reason } from './reason.js';

export interface DialPlan {
  readonly target: ProxyTarget;
  readonly proxy: 'system' | 'no-proxy' | AnyProxy;
  readonly tls: TlsPlan;
  /** What the program says about addresses. */
  readonly addresses?: AddressPlan | undefined;
  /** A Unix socket, or a named pipe of Windows, where the server is reached; no proxy then. */
  readonly socketPath?: string | undefined;
  /** A connection that the program brings; no proxy and no addresses then. */
  readonly connection?: ConnectionSource | undefined;
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

/** Where the first hop is. */
interface Hop extends Pick<ProxyTarget, 'host' | 'port'> {
  readonly path?: string | undefined;
}

/** How a socket comes about: to one of the addresses of a hop, or to its path. */
type Open = (address: string) => net.Socket;

const nothing = Buffer.alloc(0);
const ignore = (): void => {};

class Dial implements Dialing {
  phase: Phase = 'DNS lookup';
  readonly #plan: DialPlan;
  readonly #handler: DialHandler;
  readonly #environment: NodeJS.ProcessEnv;
  #proxy: ProxyServer | undefined;
  #parts: Parts = {};
  #racing: Race | undefined;
  #socket: net.Socket | undefined;
  #listeners: StepListeners | undefined;
  #tunnel: Pick<Tunnel, 'refusal' | 'stop'> | undefined;
  /** Of the target, for a SOCKS proxy that does not look names up; the first is the next to be tried. */
  #addresses: string[] | undefined;
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
    const { proxy, target, socketPath, connection } = this.#plan;
    try {
      const isDirect = socketPath !== undefined || connection !== undefined;
      if (!isDirect) this.#proxy = resolveProxy(proxy, target, this.#environment);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      return this.#failLater(error.failure);
    }
    this.phase = this.#firstPhase();
    if (!needsParts(this.#plan, this.#proxy)) return this.#open();
    loadParts(this.#plan, this.#proxy).then(
      (parts) => {
        this.#parts = parts;
        if (this.#over) this.#letGo();
        else this.#open();
      },
      (error: unknown) => this.#fail(partsFailure(error)),
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
    const { addresses, socketPath, target, connection } = this.#plan;
    if (connection !== undefined) return 'given connection';
    if (socketPath !== undefined) return 'Unix socket';
    const { host, socks } = this.#proxy ?? { ...target, socks: undefined };
    const resolvesTarget = socks?.resolvesHere === true && this.#addresses === undefined;
    const looksUp = isName(host, addresses) || (resolvesTarget && isName(target.host, addresses));
    return looksUp ? 'DNS lookup' : 'TCP connection';
  }

  #letGo(): void {
    this.#racing?.abort();
    this.#listeners?.remove();
    this.#tunnel?.stop();
    // A lookup or a write under way may still report its end.
    const socket = this.#socket ?? this.#parts.stream;
    socket?.on('error', ignore).destroy();
  }

  /** Starts to connect to the first hop. */
  #open(): void {
    const { target, socketPath } = this.#plan;
    const { onread } = this.#handler;
    const hop: Hop = this.#proxy ?? { host: target.host, port: target.port, path: socketPath };
    try {
      if (this.#parts.stream !== undefined) this.#enterStream(this.#parts.stream);
      else if (this.#proxy !== undefined) this.#connectToProxy(this.#proxy);
      else if (target.secure) this.#raceTls(this.#parts.target!, { who: 'the server', ...target }, hop, onread);
      else this.#race(hop, this.#plainly(hop, onread), () => this.#finish(true));
    } catch (error) {
      // Node throws for what it can tell without a connection, such as a missing permission.
      return this.#failLater(connectFailure(this.#name(hop), hop.host, error as Error));
    }
    if (!this.#isRetry) this.#handler.started?.();
  }

  /** In the next turn, as every other way to a server: nothing is reported before the start is. */
  #enterStream(stream: net.Socket): void {
    this.#follow(stream, this.#plan.target);
    nextTurn(() => {
      if (this.#over) return;
      if (this.#plan.target.secure) this.#listeners!.remove();
      this.#enterTunnel(stream, nothing);
    });
  }

  #connectToProxy(proxy: ProxyServer): void {
    const { host, port } = proxy;
    if (proxy.socks?.resolvesHere === true && this.#addresses === undefined) return this.#resolveTarget(proxy);
    if (proxy.secure) this.#raceTls(this.#parts.proxy!, { who: 'the proxy', host, port }, proxy, undefined);
    else this.#race(proxy, this.#plainly(proxy, undefined), () => this.#openTunnel(proxy));
  }

  /** A SOCKS proxy that does not look names up is given addresses of the target. */
  #resolveTarget(proxy: ProxyServer): void {
    const { target } = this.#plan;
    // Which of our addresses a connection starts from is about the proxy, not about the target.
    const plan = { ...this.#plan.addresses, localAddress: undefined };
    const { host, port } = target;
    const failed = (error: Error): void =>
      this.#failLater(connectFailure(`the server ${tunnelAuthority(host, port)}`, host, error));
    const found = (addresses: string[]): void => {
      this.#addresses = addresses;
      if (!isName(proxy.host, this.#plan.addresses)) this.#resolved();
      try {
        this.#connectToProxy(proxy);
      } catch (error) {
        this.#failLater(connectFailure(this.#name(proxy), proxy.host, error as Error));
      }
    };
    const known = knownAddresses(host, plan);
    if (known !== undefined) return found(allowedAddresses(host, known, plan));
    lookUp(host, plan, (error, addresses) => {
      if (this.#over) return;
      if (error !== undefined) return failed(error);
      found(addresses);
    });
  }

  /** All that has to be looked up has been. */
  #resolved(): void {
    if (this.phase === 'DNS lookup') this.#handler.stepped?.('DNS lookup', undefined);
    this.phase = 'TCP connection';
  }

  #plainly(hop: Hop, onread: net.OnReadOpts | undefined): Open {
    const more = onread === undefined ? {} : { onread };
    if (hop.path !== undefined) return () => net.connect({ path: hop.path!, ...more });
    const localAddress = this.#plan.addresses?.localAddress;
    const from = localAddress === undefined ? more : { ...more, localAddress };
    return (address) => net.connect({ host: address, port: hop.port, noDelay: true, ...from });
  }

  /** Connects to one of the addresses of a host, and goes on with the socket of the first that answers. */
  #race(hop: Hop, open: Open, connected: (socket: net.Socket) => void): void {
    const handler = {
      open,
      resolved: () => this.#resolved(),
      connected: (socket: net.Socket) => {
        this.#racing = undefined;
        this.#follow(socket, hop);
        if (hop.path === undefined) this.#handler.stepped?.('TCP connection', socket);
        connected(socket);
      },
      failed: (error: Error) => this.#fail(connectFailure(this.#name(hop), hop.host, error)),
    };
    if (hop.path === undefined) {
      this.#racing = race(hop.host, handler, this.#plan.addresses);
      return;
    }
    this.#racing = new Race(handler);
    this.#racing.only(hop.path);
  }

  /** TLS to the first hop: every attempt brings it along, since only then can `onread` be kept. */
  #raceTls(credentials: TlsCredentials, peer: TlsPeer, hop: Hop, onread: net.OnReadOpts | undefined): void {
    const session = this.#takeSession(credentials, peer);
    const connections = new Map<net.Socket, TlsConnection>();
    const localAddress = this.#plan.addresses?.localAddress;
    const open = (address: string): net.Socket => {
      const way = hop.path === undefined ? { address, localAddress, onread } : { path: hop.path, onread };
      const connection = credentials.connect(peer, way, session);
      connections.set(connection.socket, connection);
      return connection.socket;
    };
    this.#race(hop, open, (socket) => this.#shakeHands(connections.get(socket)!, peer, onread !== undefined));
  }

  /** A session is offered once: a peer that fails to resume it is asked again without. */
  #takeSession(credentials: TlsCredentials, peer: TlsPeer): Buffer | undefined {
    const isOnly = this.#isRetry || this.#plan.connection !== undefined;
    const session = isOnly ? undefined : credentials.takeSession(peer);
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
    const handler: TunnelHandler = {
      established: (head) => {
        this.#handler.stepped?.('proxy', socket);
        this.#enterTunnel(socket, head);
      },
      failed: (failure) => this.#fail(failure),
    };
    this.#tunnel =
      proxy.socks === undefined ? new Tunnel(socket, proxy, this.#plan, handler) : this.#openSocks(proxy, handler);
  }

  #openSocks(proxy: ProxyServer, handler: TunnelHandler): Pick<Tunnel, 'refusal' | 'stop'> {
    const { target } = this.#plan;
    const { SocksTunnel } = this.#parts.socks!;
    const host = this.#addresses?.shift() ?? target.host;
    return new SocksTunnel(
      this.#socket!,
      proxy,
      { host, port: target.port },
      {
        ...handler,
        refused: (failure) => {
          // The target has other addresses: each needs a connection of its own.
          if (this.#addresses === undefined || this.#addresses.length === 0) return handler.failed(failure);
          this.#startOver();
        },
      },
    );
  }

  #enterTunnel(socket: net.Socket, head: Buffer): void {
    const { target } = this.#plan;
    if (!target.secure) return this.#finish(false, head);
    socket.pause();
    if (head.length > 0) socket.unshift(head);
    // TLS reads from the handle below the socket, so the socket itself has nothing to report that TLS does not.
    socket.on('error', ignore);
    const credentials = this.#parts.target!;
    const peer = { who: 'the server', ...target };
    const connection = credentials.connect(peer, { socket }, this.#takeSession(credentials, peer));
    this.#follow(connection.socket, target);
    this.#shakeHands(connection, peer, false);
  }

  /** Follows a socket that is connected; the steps after that have listeners of their own. */
  #follow(socket: net.Socket, hop: Hop): void {
    this.#socket = socket;
    this.#listeners = new StepListeners(socket).on('error', (error: Error) => this.#lose(error, hop));
  }

  #lose(error: Error, hop: Hop): void {
    const { host } = hop;
    if (this.phase === 'TCP connection' || this.phase === 'Unix socket' || this.phase === 'given connection') {
      return this.#fail(connectFailure(this.#name(hop), host, error));
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
    this.#addresses = undefined;
    this.#startOver();
  }

  #startOver(): void {
    this.#letGo();
    this.#tunnel = undefined;
    this.#isRetry = true;
    this.phase = this.#firstPhase();
    this.#open();
  }

  #name({ host, port, path }: Hop): string {
    if (this.#plan.connection !== undefined) return 'the server';
    if (path !== undefined) return `the socket ${printable(shorten(path, 200))}`;
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
