/** A relay that listens, and its connections: what `startRelay` and the command make, with any kind of server behind it. */
import type { Buffer } from 'node:buffer';
import net, { type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Channel, ObservedEvent } from '../protocol/recording/events.js';
import type { RelayConnectOptions } from './relay-plan.js';
import { checkRules, type RelayRules } from './relay-rules.js';
import { type AcceptedSocket, RelayedConnection, type ServerSide } from './relayed-connection.js';
import { changeRequest } from './request-head.js';
import { Story, type StorySink } from './story.js';
import { connectUpstream, sharedReadBuffer, type UpstreamPlan } from './upstream.js';

/** How a relay listens, what it shows, and what it does to what passes. What is left out has its default. */
export interface RelayOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** Certificate and key as PEM texts: clients come with `wss:`. Default: they come with `ws:`. */
  readonly tls?:
    | { readonly cert: string | Buffer; readonly key: string | Buffer; readonly passphrase?: string }
    | undefined;
  /** How it connects to the server: what `connect` takes, as far as it makes sense here. Default: as `connect` does. */
  readonly connect?: RelayConnectOptions | undefined;
  /** Faults on purpose; a function decides for each connection, which come as 1, 2, 3, … Default: none. */
  readonly rules?: RulesOrChoice | undefined;
  /** An integer from 0 below 2^32, for what `rules` leave to chance: the same seed, the same faults. Default: a random one. */
  readonly seed?: number | undefined;
  /** End a connection at the first rule that either side breaks. Default `false`: it is passed on. */
  readonly strict?: boolean | undefined;
  /** Gets everything that happens, in order. Buffers in it are good until it returns: copy what is to be kept. It must not throw. */
  readonly onEvent?: ((event: ObservedEvent) => void) | undefined;
  /** The channels that `onEvent` gets; default: all. */
  readonly channels?: readonly Channel[] | undefined;
  /** Bytes of the largest message that is put together for events; larger ones are passed on all the same. Default 16 MiB. */
  readonly maxMessageSize?: number | undefined;
}

/** Rules for all connections, or a function that has them for each. */
export type RulesOrChoice = RelayRules | ((connection: number) => RelayRules);

/** A relay that listens. */
export interface Relay {
  /** Where clients connect to, with a slash at the end, e.g. `ws://127.0.0.1:40123/`. */
  readonly url: string;
  readonly port: number;
  /** The seed of what is left to chance. */
  readonly seed: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Other rules, for connections that come from now on. @throws {TypeError} a rule that cannot be */
  setRules(rules: RulesOrChoice): void;
  /** Cuts all connections that are open now, both sides. Default: without resets. */
  cut(options?: { readonly reset?: boolean }): void;
  /** Ends all connections at once and stops listening. */
  stop(): Promise<void>;
}

const allChannels: readonly Channel[] = ['handshake', 'frame', 'message', 'rule', 'close', 'session'];
const defaultMaxMessageSize = 16 * 2 ** 20;
/** Memory that all messages in progress may have together. */
const mostInMessages = 256 * 2 ** 20;

/** A relay to a server by a plan that has been checked. */
export function serverSide(plan: UpstreamPlan): ServerSide {
  const buffer = sharedReadBuffer();
  const { secure, hostField, resource } = plan.target;
  return {
    origin: `${secure ? 'wss' : 'ws'}://${hostField}`,
    change: (head, isPlain) => {
      // Of a second request on the same connection nothing would be changed: there is none.
      const fields = isPlain ? [...plan.fields, ['Connection', 'close'] as const] : plan.fields;
      return changeRequest(head, { host: hostField, resource, fields });
    },
    connect: (story, handler) => connectUpstream(plan, buffer, story, handler),
  };
}

/** Listens. Rejects when it cannot, and for options that cannot be. */
export async function listen(side: ServerSide, options: RelayOptions): Promise<Relay> {
  const { host = '127.0.0.1', port = 0, tls } = options;
  const running = new Running(side, options);
  const context = tls === undefined ? undefined : secureContext(tls);
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (raw) => running.accept(raw, context));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // From now on: a lack of file descriptors, say. Those who wait are served when there are some again.
  server.on('error', () => {});
  const address = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'ws' : 'wss'}://${host.includes(':') ? `[${host}]` : host}:${address.port}/`,
    port: address.port,
    seed: running.seed,
    get connections() {
      return running.size;
    },
    setRules: (rules) => running.setRules(rules),
    cut: ({ reset = false } = {}) =>
      running.cut(reset, `the relay ended the connection (${reset ? 'reset' : 'cut'} by the program)`),
    stop: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      running.cut(false, 'the relay was stopped');
      await closed;
      await running.idle();
    },
  };
}

function secureContext(tls: NonNullable<RelayOptions['tls']>): SecureContext {
  try {
    return createSecureContext({ ...tls });
  } catch (error) {
    throw new TypeError(`the certificate and the key of the relay cannot be used: ${(error as Error).message}`);
  }
}

/** Relays clients that are streams already, one after the other. Resolves when the last one is over. */
export async function runClients(
  side: ServerSide,
  options: RelayOptions,
  clients: readonly (() => Socket)[],
): Promise<void> {
  const running = new Running(side, options);
  for (const make of clients) {
    await new Promise<void>((resolve) => {
      const socket = make();
      running.start({ socket, raw: socket }, resolve);
    });
  }
}

/** The connections of a relay. */
class Running {
  readonly #side: ServerSide;
  readonly #options: RelayOptions;
  readonly #sink: StorySink;
  readonly #connections = new Set<RelayedConnection>();
  /** Sockets whose TLS handshake is in progress, and those of connections. */
  readonly #sockets = new Set<Socket>();
  readonly #allowance = { left: mostInMessages };
  readonly #maxMessageSize: number;
  readonly seed: number;
  #rules: RulesOrChoice;
  #count = 0;
  /** Who waits for a connection to be over. */
  readonly #waiting: (() => void)[] = [];

  constructor(side: ServerSide, options: RelayOptions) {
    const { onEvent, channels = allChannels, seed = Math.floor(Math.random() * 2 ** 32), rules = {} } = options;
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new TypeError(`seed must be an integer from 0 to ${2 ** 32 - 1}, got ${seed}`);
    }
    const { maxMessageSize = defaultMaxMessageSize } = options;
    if (!(maxMessageSize >= 0)) throw new TypeError(`maxMessageSize must be a number from 0, got ${maxMessageSize}`);
    this.#side = side;
    this.#options = options;
    this.#sink = { channels: new Set(onEvent === undefined ? [] : channels), write: onEvent ?? (() => {}) };
    this.#maxMessageSize = maxMessageSize;
    this.seed = seed;
    this.#rules = checked(rules);
  }

  get size(): number {
    return this.#connections.size;
  }

  setRules(rules: RulesOrChoice): void {
    this.#rules = checked(rules);
  }

  accept(raw: Socket, context: SecureContext | undefined): void {
    this.#sockets.add(raw);
    raw.on('close', () => this.#sockets.delete(raw));
    raw.on('error', () => {}); // 'close' follows; a connection has its own listener
    if (context === undefined) return this.start({ socket: raw, raw });
    const socket = new TLSSocket(raw, { isServer: true, secureContext: context, ALPNProtocols: ['http/1.1'] });
    socket.on('error', () => {});
    this.start({ socket, raw });
  }

  start(client: AcceptedSocket, gone = (): void => {}): void {
    const number = ++this.#count;
    const chosen = this.#rules;
    const connection = new RelayedConnection(client, this.#side, new Story(number, this.#sink), {
      number,
      rules: typeof chosen === 'function' ? checkRules(chosen(number)) : chosen,
      seed: this.seed,
      strict: this.#options.strict ?? false,
      maxMessageSize: this.#maxMessageSize,
      allowance: this.#allowance,
      gone: () => {
        this.#connections.delete(connection);
        for (const go of this.#waiting.splice(0)) go();
        gone();
      },
    });
    this.#connections.add(connection);
  }

  /** Resolves when no connection is left: their last events are out. */
  async idle(): Promise<void> {
    while (this.#connections.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  cut(reset: boolean, why: string): void {
    for (const connection of this.#connections) connection.cut(reset, why);
    for (const socket of this.#sockets) socket.destroy();
  }
}

function checked(rules: RulesOrChoice): RulesOrChoice {
  return typeof rules === 'function' ? rules : checkRules(rules);
}
