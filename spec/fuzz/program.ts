/**
 * A random program of one WebSocket that calls connect, send, close, on, off and abort from wherever it is called: at its
 * start, inside listeners, callbacks and promises. What it does at an occasion depends on its seed and on the occasion
 * alone, so that the order in which a machine delivers events changes as little as possible.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { BusinessError } from '../../lib/api/errors.js';
import type { WebSocketClientOptions, WebSocketListeners } from '../../lib/api/types.js';
import { createWebSocket } from '../../lib/api/websocket.js';
import { type Behavior, behaviors, leaving, type Place } from './places.js';
import { Random } from './random.js';

type EventName = keyof WebSocketListeners;
const eventNames: readonly EventName[] = [
  ...(['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'error', 'close'] as const),
];

/** A call of connect, send or close. */
interface Call {
  readonly name: string;
  /** How often it has settled. */
  settled: number;
  error: BusinessError | undefined;
}

/** What the model knows of the connection of the moment. */
interface Attempt {
  readonly behavior: Behavior;
  readonly call: Call;
  opened: boolean;
  /** Whether a call of close was accepted. */
  closed: boolean;
  lost: boolean;
  /** Texts that were sent and not echoed yet. */
  readonly waiting: string[];
}

const mostActions = 40;
/** Nothing that a program waits for takes as long; a busy machine may need some of it. */
const patience = 30_000;

export class Program {
  readonly #ws = createWebSocket();
  readonly #seed: number;
  readonly #places: readonly Place[];
  readonly #calls: Call[] = [];
  /** What happened, for the message of a failure. */
  readonly #story: string[] = [];
  readonly #occasions = new Map<string, number>();
  readonly #extra: [EventName, () => void][] = [];
  readonly #faults: unknown[] = [];
  #abort = new AbortController();
  #current: Attempt | undefined;
  #actions = 0;
  #messages = 0;
  /** Messages whose `dataEnd` is still to come: one at the most. */
  #dataEnds = 0;
  #wake = (): void => {};

  constructor(seed: number, places: readonly Place[]) {
    this.#seed = seed;
    this.#places = places;
  }

  /** @throws when something did not hold */
  async run(): Promise<void> {
    try {
      this.#listen();
      this.#occasion('start');
      while (this.#calls.some(({ settled }) => settled === 0) || this.#current !== undefined) {
        if (this.#current?.opened && !this.#current.closed) this.#close(new Random(this.#seed));
        await this.#somethingHappens();
        if (this.#faults.length > 0) throw this.#faults[0];
      }
      // A second settlement or a late event would come within a few turns.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (this.#faults.length > 0) throw this.#faults[0];
      for (const { name, settled } of this.#calls) assert.equal(settled, 1, `${name} settled ${settled} times`);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.#story.join('\n')}`, { cause: error });
    }
  }

  #somethingHappens(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing happens any more')), patience);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // ------------------------------------------------------------------ occasions

  /** Something has called the program: it does what its seed says. */
  #occasion(name: string): void {
    this.#wake();
    const nth = this.#occasions.get(name) ?? 0;
    this.#occasions.set(name, nth + 1);
    const digest = createHash('sha1').update(`${this.#seed} ${name} ${nth}`).digest();
    const random = new Random(digest.readUInt32LE());
    const count = name === 'start' ? 1 + random.below(4) : random.pick([0, 0, 1, 1, 2]);
    for (let index = 0; index < count && this.#actions < mostActions; index++) {
      this.#actions++;
      this.#act(random);
    }
  }

  #act(random: Random): void {
    const actions = [
      () => this.#connect(random),
      () => this.#connect(random),
      () => this.#send(random),
      () => this.#send(random),
      () => this.#send(random),
      () => this.#close(random),
      () => this.#on(random),
      () => this.#off(),
      () => this.#abortNow(),
    ];
    random.pick(actions)();
  }

  /** What an occasion finds wrong ends the program: thrown inside a listener it would go to the process. */
  #check(holds: boolean, what: string): void {
    if (!holds) this.#faults.push(new assert.AssertionError({ message: what }));
    this.#wake();
  }

  // ------------------------------------------------------------------ calls

  /** Has a call report by a callback or a promise, and watches how often and when. */
  #track(random: Random, name: string, make: (callback?: (error: unknown) => void) => unknown): Call {
    const call: Call = { name: `${name} #${this.#calls.length}`, settled: 0, error: undefined };
    this.#calls.push(call);
    this.#story.push(`${call.name}`);
    let returned = false;
    const settle = (error: unknown): void => {
      call.settled++;
      call.error = (error ?? undefined) as BusinessError | undefined;
      this.#story.push(`  ${call.name} settles: ${call.error?.code ?? 'true'}`);
      this.#check(returned, `${call.name} reports before it returns`);
      this.#check(call.settled === 1, `${call.name} settles twice`);
      this.#settled(call, name);
      this.#occasion(`settled ${name}`);
    };
    if (random.once(2)) make(settle);
    else (make() as Promise<boolean>).then(() => settle(undefined), settle);
    returned = true;
    return call;
  }

  #connect(random: Random): void {
    const behavior = random.once(2) ? 'echo' : random.pick(behaviors);
    const place = random.pick(this.#places);
    this.#abort = new AbortController();
    const options: WebSocketClientOptions = {
      ...place.options,
      closeTimeout: 500,
      handshakeTimeout: behavior === 'silent' ? 200 : patience,
      ...(random.once(3) && { signal: this.#abort.signal }),
      ...(random.once(4) && { perMessageDeflate: true }),
    };
    const busy = this.#current !== undefined;
    const call = this.#track(random, `connect ${place.title} ${behavior}`, (callback) => {
      const url = place.url(behavior);
      return callback === undefined ? this.#ws.connect(url, options) : this.#ws.connect(url, options, callback);
    });
    if (busy) this.#refused.set(call, 2302003);
    else this.#current = { behavior, call, opened: false, closed: false, lost: false, waiting: [] };
  }

  #send(random: Random): void {
    const message = `${this.#messages++} ${random.text(random.size())}`;
    const current = this.#current;
    const open = current?.opened === true && !current.closed && !current.lost;
    const call = this.#track(random, 'send', (callback) =>
      callback === undefined ? this.#ws.send(message) : this.#ws.send(message, callback),
    );
    if (open) current.waiting.push(message);
    else if (current === undefined || !current.opened) this.#refused.set(call, 2302999);
  }

  #close(random: Random): void {
    const current = this.#current;
    const options = random.once(2) ? { code: 4000 + random.below(10), reason: random.text(random.below(20)) } : {};
    const call = this.#track(random, 'close', (callback) =>
      callback === undefined ? this.#ws.close(options) : this.#ws.close(options, callback),
    );
    if (current === undefined) this.#refused.set(call, 2302999);
    else current.closed = true;
  }

  /** Calls that must fail, with the code. */
  readonly #refused = new Map<Call, number>();

  #settled(call: Call, name: string): void {
    const code = this.#refused.get(call);
    if (code !== undefined) return this.#check(call.error?.code === code, `${call.name} is refused with ${code}`);
    const current = this.#current;
    if (name === 'close') return this.#check(call.error === undefined, `${call.name} settles with true`);
    if (call !== current?.call) return;
    if (call.error === undefined) return this.#check(current.opened, `${call.name} settles after open`);
    // Without an error event, such as for a file that is not there, the call alone says that it is over.
    this.#check(!current.opened, `${call.name} does not fail once it is open`);
    this.#current = undefined;
  }

  // ------------------------------------------------------------------ listeners

  #on(random: Random): void {
    const name = random.pick(eventNames);
    const listener = (): void => this.#occasion(`extra ${name}`);
    this.#extra.push([name, listener]);
    this.#ws.on(name, listener);
  }

  #off(): void {
    const [name, listener] = this.#extra.pop() ?? [];
    if (name !== undefined) this.#ws.off(name, listener!);
  }

  #abortNow(): void {
    this.#story.push('abort');
    this.#abort.abort(new Error('given up'));
  }

  #listen(): void {
    const on = <E extends EventName>(name: E, seen: (...args: Parameters<WebSocketListeners[E]>) => void): void => {
      const listener = (...args: Parameters<WebSocketListeners[E]>): void => {
        this.#story.push(`  event ${name}`);
        seen(...args);
        this.#occasion(name);
      };
      this.#ws.on(name, listener as WebSocketListeners[E]);
    };
    on('headerReceive', () => this.#expectCurrent('headerReceive', (current) => !current.opened));
    on('open', () => {
      this.#expectCurrent('open', (current) => !current.opened);
      if (this.#current !== undefined) this.#current.opened = true;
    });
    on('openInfo', () => this.#expectCurrent('openInfo', (current) => current.opened));
    on('message', (_error, message) => this.#message(message));
    on('dataEnd', () => {
      this.#dataEnds--;
      this.#check(this.#dataEnds === 0, 'dataEnd follows a message');
    });
    on('error', () => this.#error());
    on('close', (_error, { code, reason }) => this.#closed(code, reason));
  }

  #expectCurrent(name: string, holds: (current: Attempt) => boolean): void {
    this.#check(this.#current !== undefined && holds(this.#current), `${name} comes in its place`);
  }

  #message(message: string | ArrayBuffer): void {
    this.#check(this.#dataEnds === 0, 'a message comes after the dataEnd of the last');
    this.#dataEnds++;
    this.#expectCurrent('message', (current) => current.opened);
    if (message === 'hello' && this.#current?.behavior === 'greet') return;
    const expected = this.#current?.waiting.shift();
    this.#check(message === expected, 'echoes come in the order of sending');
  }

  #error(): void {
    const current = this.#current;
    this.#expectCurrent('error', ({ lost }) => !lost);
    if (current === undefined) return;
    if (current.opened) current.lost = true;
    else this.#current = this.#given = undefined;
    // A close that came while connecting has its event after the failure.
    if (!current.opened && current.closed) this.#given = current;
  }

  /** Closed while it was connecting; its `close` event is still to come. */
  #given: Attempt | undefined;

  #closed(code: number, reason: string): void {
    const given = this.#given;
    if (given !== undefined) {
      this.#given = undefined;
      return this.#check(code === 1006 && reason === '', 'a close while connecting is 1006');
    }
    const current = this.#current;
    this.#check(current?.opened === true, 'one close event for each connection that was opened');
    this.#current = undefined;
    if (current?.behavior === 'leave' && !current.closed && !current.lost)
      this.#check(code === leaving.code && reason === leaving.reason, 'the close event has what the server said');
    if (current?.lost && current.behavior !== 'break')
      this.#check(code === 1006, `a lost connection is 1006, not ${code}`);
  }
}
