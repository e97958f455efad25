/** One client and, behind the relay, its server: from the client's first byte to the end of both sockets. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { refuse } from '../protocol/handshake/server.js';
import type { Direction } from '../protocol/recording/events.js';
import { ConversationReader } from './conversation-reader.js';
import type { BrokenRule } from './frame-reader.js';
import type { Allowance } from './message-reader.js';
import type { RelayRules, WayRules } from './relay-rules.js';
import { asksForWebSocket } from './request-faults.js';
import { type ReadRequest, RequestReader } from './request-head.js';
import { resetSocket } from './reset.js';
import { SeededRandom } from './seeded-random.js';
import { statusLineOf } from './status-line.js';
import type { Story } from './story.js';
import type { UpstreamHandler } from './upstream.js';
import { Way } from './way.js';

/** A socket of a client, and how to cut it off. */
export interface AcceptedSocket {
  readonly socket: Socket;
  /** Below TLS, when there is TLS: only there can a reset be sent. */
  readonly raw: Socket;
}

/** What is behind the relay: a server, or what plays one. */
export interface ServerSide {
  /** `ws` or `wss`, and the host with its port: what the URL of a connection starts with. */
  readonly origin: string;
  /** What changes in a request on the way there. `isPlain`: it asks for no WebSocket. */
  change(head: Buffer, isPlain: boolean): Buffer;
  /** Starts to connect. @returns a function that gives up */
  connect(story: Story, handler: UpstreamHandler): () => void;
}

export interface RelayedSettings {
  readonly number: number;
  readonly rules: RelayRules;
  readonly seed: number;
  readonly strict: boolean;
  readonly maxMessageSize: number;
  readonly allowance: Allowance;
  /** The connection is over. */
  gone(): void;
}

/** Milliseconds for a client's request to be complete. */
const requestTimeout = 30_000;
/** Milliseconds that peers have to go, when the relay has ended the connection. */
const linger = 2000;
/** Milliseconds between the last byte and a reset: a reset takes away what its receiver has not read yet. */
const resetGrace = 50;
/** Milliseconds for what was passed on before a cut to leave. */
const flushTimeout = 10_000;

export class RelayedConnection {
  readonly #client: AcceptedSocket;
  readonly #side: ServerSide;
  readonly #story: Story;
  readonly #settings: RelayedSettings;
  readonly #reader: ConversationReader;
  readonly #request = new RequestReader();
  #read: ReadRequest | undefined;
  /** What the client sent behind it while the server was being reached. */
  readonly #waiting: Buffer[] = [];
  #server: Socket | undefined;
  #toServer: Way | undefined;
  #toClient: Way | undefined;
  #abort: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Sockets that are not closed yet. */
  #open = 1;
  /** Whether the relay has ended the connection, and why. */
  #cause: string | undefined;
  /** Which peer was the first to go, and how. */
  #first: { readonly direction: Direction; readonly how: string } | undefined;
  /** Whether there is anything to tell: a client that went without a word is none. */
  #isTold = false;

  constructor(client: AcceptedSocket, side: ServerSide, story: Story, settings: RelayedSettings) {
    this.#client = client;
    this.#side = side;
    this.#story = story;
    this.#settings = settings;
    const { maxMessageSize, allowance, strict } = settings;
    this.#reader = new ConversationReader(story, {
      maxMessageSize,
      allowance,
      strict,
      readsFrames: strict || (['frame', 'rule', 'message', 'close'] as const).some((type) => story.wants(type)),
      broke: (direction, broken) => this.#broke(direction, broken),
      opened: (size) => this.#opened(size),
    });
    this.#timer = setTimeout(() => this.#answer(408, 'No request head in time.'), requestTimeout);
    this.#follow(client.socket, 'sent');
    client.socket.on('data', (bytes: Buffer) => this.#received(bytes));
  }

  /** Ends it at once, both sides. @param reset whether by TCP resets */
  cut(reset: boolean, why: string): void {
    this.#cause ??= why;
    if (reset) this.#reset();
    else this.#destroy();
  }

  // ------------------------------------------------------------------ the request

  #received(bytes: Buffer): void {
    if (this.#toServer !== undefined) return this.#toServer.receive(bytes);
    if (this.#cause !== undefined) return; // answered by the relay: read and dropped
    if (this.#read !== undefined) return void this.#waiting.push(bytes);
    const read = this.#request.push(bytes);
    if (read !== undefined) this.#take(read);
  }

  #take(read: ReadRequest): void {
    clearTimeout(this.#timer);
    this.#read = read;
    const { head, bytes, size } = read;
    const changed =
      head === undefined ? undefined : this.#side.change(bytes.subarray(0, size), !asksForWebSocket(head));
    const resource = changed?.toString('latin1').split(' ', 2)[1] ?? '/';
    this.#isTold = true;
    this.#story.report('connecting', { url: `${this.#side.origin}${resource.startsWith('/') ? resource : '/'}` });
    const { refuse: status } = this.#settings.rules;
    if (status !== undefined) {
      this.#reader.request(read);
      return this.#answer(status, 'Refused on purpose, by a rule of the relay.');
    }
    this.#client.socket.pause();
    this.#abort = this.#side.connect(this.#story, {
      connected: (socket) => this.#connected(socket, read, changed),
      received: (received) => this.#toClient!.receive(received),
      failed: (sentence, timedOut) => {
        this.#reader.request(read);
        this.#note(sentence);
        this.#answer(timedOut ? 504 : 502, `${sentence}.`);
      },
    });
  }

  #connected(server: Socket, read: ReadRequest, changed: Buffer | undefined): void {
    this.#abort = undefined;
    this.#server = server;
    this.#open++;
    const { socket: client } = this.#client;
    const { rules, seed, number, strict } = this.#settings;
    const { toServer, toClient, close } = rules;
    const way = (from: Socket, to: Socket, own: WayRules | undefined, direction: Direction): Way => {
      const series = [number, direction === 'sent' ? 1 : 2];
      return new Way(
        {
          from,
          to,
          rules: own ?? rules,
          tracksFrames: strict || close !== undefined,
          random: new SeededRandom(seed, ...series),
          times: new SeededRandom(seed, ...series, 1),
        },
        {
          read: (bytes) => (direction === 'sent' ? this.#reader.sent(bytes) : this.#reader.received(bytes)),
          cut: (why) => this.#cut(`${why} of the ${direction === 'sent' ? 'client' : 'server'}`),
          did: (fault) => this.#note(`${fault}, from the ${direction === 'sent' ? 'client' : 'server'}`),
          ended: () => void to.end(),
        },
      );
    };
    this.#toServer = way(client, server, toServer, 'sent');
    this.#toClient = way(server, client, toClient, 'received');
    this.#follow(server, 'received');
    this.#reader.request(read);
    if (this.#cause !== undefined) return; // a request that breaks a rule, and the relay is strict
    const { bytes, size } = read;
    if (changed !== undefined) this.#toServer.write(changed);
    this.#toServer.receive(bytes.subarray(size));
    for (const more of this.#waiting.splice(0)) this.#toServer.receive(more);
    if (this.#first?.direction === 'sent') this.#toServer.sourceEnded();
    client.resume();
  }

  /** An answer of the relay's own, which ends the connection. */
  #answer(status: number, explanation: string): void {
    this.#cause ??= explanation;
    clearTimeout(this.#timer);
    const { socket } = this.#client;
    const { bytes } = refuse(statusLineOf(status), explanation);
    // Behind the start of a response there is no room for another one.
    const hasBegun = this.#toClient !== undefined && this.#toClient.position > 0;
    if (socket.writable) socket.end(hasBegun ? '' : bytes);
    socket.resume();
    this.#linger();
  }

  // ------------------------------------------------------------------ while it is open

  /** @param size bytes of the server before its first frame */
  #opened(size: number): void {
    // What the client has sent before the response is the handshake's: the rules begin with what comes now.
    this.#toServer!.startFrames(this.#toServer!.position);
    this.#toClient!.startFrames(size);
    const { rules } = this.#settings;
    const seconds = [rules, rules.toServer, rules.toClient].flatMap((way) => way?.cutAfter?.seconds ?? []);
    const cuts = [rules, rules.toServer, rules.toClient].some((way) => way?.cutAfter !== undefined);
    if (seconds.length > 0) {
      const least = Math.min(...seconds);
      this.#timer = setTimeout(() => this.#cut(`after ${least} s`), least * 1000);
    } else if (!cuts && (rules.reset === true || rules.close !== undefined)) {
      // In a turn of its own: the response is still being passed on.
      setImmediate(() => this.#cut('as soon as it was open'));
    }
  }

  #broke(direction: Direction, { rule, expected, got, offset }: BrokenRule): void {
    if (!this.#settings.strict || this.#cause !== undefined) return;
    const who = direction === 'sent' ? 'client' : 'server';
    const why = `the ${who} broke the rule ${rule.id}: expected that ${expected}, got ${got}`;
    this.#note(`ends it, being strict: ${why}`);
    this.#cause = why;
    if (this.#reader.isOpen) {
      const way = direction === 'sent' ? this.#toServer! : this.#toClient!;
      way.stopAt(offset - (direction === 'sent' ? (this.#read?.size ?? 0) : 0));
      // In a turn of its own: the bytes in front of the fault are still being passed on.
      setImmediate(() => this.#close(rule.closeCode ?? 1002));
    } else {
      this.#toClient?.drop();
      this.#answer(direction === 'sent' ? 400 : 502, `${why}.`);
      this.#server?.destroy();
    }
  }

  /** The rules have it that the connection ends now. */
  #cut(why: string): void {
    if (this.#cause !== undefined) return;
    const { reset = false, close } = this.#settings.rules;
    const how = reset ? 'reset' : close === undefined ? 'cut' : `closed with ${close}`;
    this.#cause = `the relay ended the connection (${how} ${why})`;
    this.#note(`${how} ${why}`);
    if (close !== undefined && !reset) return this.#close(close);
    const end = this.#whenBoth(() => {
      if (reset) {
        this.#linger(resetGrace, () => this.#reset());
        return;
      }
      this.#client.socket.end();
      this.#server?.end();
      this.#linger();
    });
    this.#linger(this.#patience);
    this.#toClient!.finish(end);
    this.#toServer!.finish(end);
  }

  /** What waits to be written gets so much time: it may be late on purpose. */
  get #patience(): number {
    const { rules } = this.#settings;
    return (
      Math.max(...[rules, rules.toServer, rules.toClient].map((way) => (way?.delay ?? 0) + (way?.jitter ?? 0))) +
      flushTimeout
    );
  }

  /** Close frames to both, then the end. */
  #close(code: number): void {
    const both = this.#whenBoth(() => this.#linger());
    this.#linger(this.#patience);
    this.#toClient!.close(code, false, () => {
      this.#client.socket.end();
      both();
    });
    this.#toServer!.close(code, true, () => {
      this.#server?.end();
      both();
    });
  }

  #whenBoth(act: () => void): () => void {
    let waiting = 2;
    return () => {
      waiting--;
      if (waiting === 0) act();
    };
  }

  #note(message: string): void {
    this.#story.report('relay', { message });
  }

  // ------------------------------------------------------------------ the end

  #follow(socket: Socket, direction: Direction): void {
    let failure: string | undefined;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    let isEnded = false;
    const ended = (how: string): void => {
      if (!isEnded) this.#ended(direction, how);
      isEnded = true;
    };
    socket.on('end', () => ended('end'));
    socket.on('close', () => {
      ended(failure ?? 'end');
      this.#closed(direction, failure);
    });
  }

  /** A peer has ended its side, or is gone. */
  #ended(direction: Direction, how: string): void {
    const byPeer = this.#cause === undefined && (this.#first ?? { how: 'end' }).how === 'end';
    if (this.#isTold) this.#reader.ended(direction, how, byPeer);
    if (this.#cause !== undefined) return;
    this.#first ??= { direction, how };
    if (how !== 'end') return; // a reset is passed on as one, see #closed
    if (direction === 'received') return this.#toClient!.sourceEnded();
    if (this.#toServer !== undefined) return this.#toServer.sourceEnded();
    // Without a whole request: what there is of it is passed on.
    if (this.#read === undefined && !this.#request.isEmpty) this.#take(this.#request.cutOff());
    else if (this.#read === undefined) this.#client.socket.end();
  }

  #closed(direction: Direction, failure: string | undefined): void {
    const other = direction === 'sent' ? this.#server : this.#client.socket;
    if (direction === 'sent' && this.#server === undefined) this.#abort?.();
    if (failure !== undefined && this.#cause === undefined) {
      // A reset is passed on like everything else.
      (direction === 'sent' ? this.#toServer : this.#toClient)?.drop();
      if (other !== undefined && !other.destroyed) this.#resetOne(other);
    }
    this.#open--;
    if (this.#open === 0) this.#over();
  }

  #linger(time = linger, then = (): void => this.#destroy()): void {
    clearTimeout(this.#timer);
    if (this.#open > 0) this.#timer = setTimeout(then, time);
  }

  #destroy(): void {
    this.#abort?.();
    this.#client.socket.destroy();
    this.#client.raw.destroy();
    this.#server?.destroy();
  }

  #reset(): void {
    this.#abort?.();
    this.#resetOne(this.#client.socket);
    if (this.#server !== undefined) this.#resetOne(this.#server);
  }

  #resetOne(socket: Socket): void {
    const { socket: client, raw } = this.#client;
    if (socket === client && raw !== client) {
      resetSocket(raw);
      socket.destroy();
    } else if ('encrypted' in socket) {
      socket.destroy(); // below TLS there is no socket to reset: it is cut off without a word
    } else resetSocket(socket);
  }

  #over(): void {
    clearTimeout(this.#timer);
    // What still waits for its time, or to be read, has nowhere to go.
    this.#toServer?.drop();
    this.#toClient?.drop();
    this.#reader.discard();
    const lost = !this.#isTold && this.#first !== undefined && this.#first.how !== 'end';
    if (lost) this.#note(`a client was lost before its request was complete (${this.#first!.how})`);
    if (this.#isTold || lost) {
      const { closed, isOpen, status, body } = this.#reader;
      const failure = this.#failure();
      this.#story.report('close', {
        code: closed?.code ?? 1006,
        reason: closed?.reason ?? '',
        opened: isOpen,
        failure: failure === undefined ? undefined : { message: failure, status, body },
      });
    }
    this.#settings.gone();
  }

  /** Why it ended other than by a closing handshake. */
  #failure(): string | undefined {
    if (this.#cause !== undefined) return this.#cause.replace(/\.$/, '');
    const { closed, isOpen, status } = this.#reader;
    if (!isOpen && status >= 200) return status < 300 ? undefined : `the server answered ${status}`;
    const { direction, how } = this.#first ?? { direction: 'sent', how: 'end' };
    const who = direction === 'sent' ? 'client' : 'server';
    if (how !== 'end') return `the ${who}'s connection was lost (${how})`;
    return closed === undefined ? `the ${who} ended the connection without a Close frame` : undefined;
  }
}
