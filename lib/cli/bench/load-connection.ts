/** One connection of a load: what it has in flight, which answer belongs to what, and what has waited too long. */
import { Buffer } from 'node:buffer';
import { quote } from '../../protocol/printable.js';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import { ConnectError, type Ending, Link } from '../link.js';
import { endingErrorKind, openingErrorKind } from './error-kinds.js';
import { Fifo } from './fifo.js';
import { type LoadMessage, type LoadMessages, labelIn } from './load-messages.js';
import type { LoadPlan } from './load-plan.js';
import type { Tally } from './tally.js';

/** Characters of a message in an example. */
const shownText = 80;

/** What the connections of a process share. */
export interface LoadScope {
  readonly load: LoadPlan;
  readonly messages: LoadMessages;
  readonly tally: Tally;
  /** Bytes that a connection may have handed to its socket before it waits for the operating system. */
  readonly allowance: number;
  /** Whether messages are sent: not before all are open, and not after the time. */
  readonly isSending: boolean;
  /** Latencies of messages that were due before are not recorded; on the clock of `performance.now`. */
  readonly measuredFrom: number;
  /** The connection is open, and has had its greetings. */
  ready(connection: LoadConnection): void;
  /** It was open, or could not be opened. */
  ended(connection: LoadConnection): void;
}

/** A message that is on its way; times on the clock of `performance.now`. */
interface Flight {
  readonly message: LoadMessage;
  readonly due: number;
  readonly sent: number;
}

export class LoadConnection {
  /** Unique among the connections of all processes. */
  readonly number: number;
  readonly #scope: LoadScope;
  #link: Link | undefined;
  /** The oldest first. */
  readonly #flights = new Fifo<Flight>();
  /** Messages that were given up, whose answers are still to come: answers without a label are taken in order. */
  #owed = 0;
  /** When the messages were due that could not be sent yet. */
  readonly #backlog = new Fifo<number>();
  /** Bytes since the socket was last known to be empty. */
  #unflushed = 0;
  #isHeld = false;
  #greetings = 0;
  #isReady = false;
  #isClosing = false;
  /** Set while the pong behind the last message is waited for: ends that. */
  #onPong: (() => void) | undefined;
  /** Its place in the list of those that are ready, kept by the worker. */
  place = -1;

  constructor(number: number, scope: LoadScope) {
    this.number = number;
    this.#scope = scope;
  }

  /** Connects; resolves when it is open or has failed. */
  async open(plan: ConnectPlan): Promise<void> {
    const { tally, load } = this.#scope;
    const began = performance.now();
    this.#isClosing = this.#isReady = this.#isHeld = false;
    this.#greetings = load.greetings;
    this.#unflushed = this.#owed = 0;
    tally.attempted++;
    const link = new Link(plan, {
      text: (text) => this.#receive(text, undefined),
      binary: (bytes) => this.#receive(undefined, Buffer.from(bytes)),
      pong: () => this.#onPong?.(),
    });
    this.#link = link;
    try {
      await link.opened;
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      this.#link = undefined;
      if (!this.#isClosing) tally.error(openingErrorKind(error.failure), error.message);
      return this.#scope.ended(this);
    }
    tally.opened++;
    tally.opening.record(performance.now() - began);
    void link.ended.then((ending) => this.#lose(ending));
    if (this.#greetings === 0) this.#begin();
  }

  get isOpen(): boolean {
    return this.#link?.isOpen === true && !this.#isClosing;
  }

  /** Whether something is in flight, or waits to be sent. */
  get isBusy(): boolean {
    return this.#flights.length > 0 || this.#backlog.length > 0 || this.#onPong !== undefined;
  }

  /** A message is due. */
  due(at: number): void {
    this.#backlog.push(at);
    this.#pump();
  }

  /** Without a rate: sends as much as may be in flight. */
  fill(): void {
    const { load, isSending } = this.#scope;
    if (load.rate !== undefined || load.reaction === 'feed' || !this.#isReady) return;
    while (isSending && this.#canSend()) this.#send(performance.now(), true);
  }

  /** Counts what has waited too long. */
  expire(now: number): void {
    const limit = now - this.#scope.load.answerTimeout * 1000;
    let expired = 0;
    for (; this.#backlog.length > 0 && this.#backlog.at(0)! < limit; expired++) this.#backlog.take();
    for (; this.#flights.length > 0 && this.#flights.at(0)!.due < limit; expired++) {
      this.#flights.take();
      if (this.#scope.load.reaction !== 'echo') this.#owed++;
    }
    if (expired === 0) return;
    this.#fail('timeout of an answer', 'a message was not answered in time', expired);
    this.fill();
  }

  /** Whether the server has read all: it answers a ping behind the last message. */
  confirm(): void {
    if (this.#link?.ping(Buffer.from('last')) !== true) return;
    const timer = setTimeout(() => {
      this.#onPong = undefined;
      this.#fail('timeout of an answer', 'the server did not answer the ping behind the last message');
    }, this.#scope.load.answerTimeout * 1000);
    this.#onPong = () => {
      clearTimeout(timer);
      this.#onPong = undefined;
    };
  }

  /** Gives up what is in flight, and starts the closing handshake or ends the attempt to connect. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#isClosing = true;
    this.#flights.clear();
    this.#backlog.clear();
    if (link === undefined) return;
    link.close();
    await link.opened.then(
      () => link.ended,
      () => {},
    );
  }

  // ------------------------------------------------------------------ sending

  #begin(): void {
    this.#isReady = true;
    const { load } = this.#scope;
    this.#scope.ready(this);
    if (load.reaction === 'feed' && load.messages.kind === 'texts') {
      for (let left = load.messages.texts.length; left > 0; left--) this.#send(performance.now(), false);
    }
    this.fill();
  }

  #canSend(): boolean {
    return !this.#isHeld && this.isOpen && this.#flights.length < this.#scope.load.inFlight;
  }

  #pump(): void {
    while (this.#backlog.length > 0 && this.#canSend()) this.#send(this.#backlog.take()!, true);
  }

  #send(due: number, awaitsAnswer: boolean): void {
    const { load, messages, tally } = this.#scope;
    const message = messages.next(this.number);
    if (!this.#link!.send(message.data)) return;
    const sent = performance.now();
    tally.sent++;
    tally.sentBytes += message.size;
    if (load.rate === undefined) tally.due += awaitsAnswer ? 1 : 0;
    else if (due >= this.#scope.measuredFrom) tally.delay.record(sent - due);
    if (awaitsAnswer && load.reaction !== 'nothing') this.#flights.push({ message, due, sent });
    this.#unflushed += message.size + 14;
    if (this.#unflushed >= this.#scope.allowance) this.#waitForSystem();
  }

  /** What a server does not read must not fill our memory: messages wait as their due times only. */
  #waitForSystem(): void {
    this.#isHeld = true;
    const link = this.#link!;
    void link.flushed().then(() =>
      // A macrotask: a system that takes everything at once must not keep the event loop from reading.
      setImmediate(() => {
        if (this.#link !== link) return;
        this.#isHeld = false;
        this.#unflushed = 0;
        this.#pump();
        this.fill();
      }),
    );
  }

  // ------------------------------------------------------------------ receiving

  #receive(text: string | undefined, bytes: Buffer | undefined): void {
    if (this.#isClosing) return;
    const { tally, load } = this.#scope;
    const data = text ?? bytes!;
    if (this.#greetings > 0) {
      if (--this.#greetings === 0) this.#begin();
    } else if (load.reaction === 'feed') {
      if (load.expect !== undefined && !load.expect.test(asText(data))) this.#fail('mismatch', shown(data));
      else this.#count(data);
    } else if (load.reaction === 'echo') {
      this.#receiveEcho(data);
    } else if (this.#owed > 0) {
      this.#owed--;
      tally.late++;
    } else if (this.#flights.length === 0) {
      tally.unasked++;
    } else {
      this.#answer(0, data, load.expect === undefined || load.expect.test(asText(data)));
    }
  }

  /** What begins with one of our labels belongs to that message; what has none, to the oldest that it equals. */
  #receiveEcho(data: string | Buffer): void {
    const flights = this.#flights;
    const oldest = flights.at(0);
    if (oldest !== undefined && isSame(oldest.message.data, data)) return this.#answer(0, data, true);
    const label = labelIn(data, this.number);
    if (label !== undefined) {
      let place = 0;
      while (place < flights.length && flights.at(place)!.message.label !== label) place++;
      if (place === flights.length) this.#scope.tally.late++;
      else this.#answer(place, data, isSame(flights.at(place)!.message.data, data));
    } else if (oldest?.message.label === '' && sizeOf(data) === oldest.message.size) {
      this.#answer(0, data, false);
    } else {
      this.#scope.tally.unasked++;
    }
  }

  #answer(place: number, data: string | Buffer, isRight: boolean): void {
    const { tally, measuredFrom } = this.#scope;
    const now = performance.now();
    const { due, sent } = this.#flights.take(place)!;
    if (isRight) {
      this.#count(data);
      if (due >= measuredFrom) {
        tally.latency.record(now - due);
        tally.service.record(now - sent);
      }
    } else {
      this.#fail('mismatch', `an answer was ${shown(data)}`);
    }
    if (this.#backlog.length > 0) this.#pump();
    else this.fill();
  }

  #count(data: string | Buffer): void {
    const { tally } = this.#scope;
    tally.received++;
    tally.receivedBytes += sizeOf(data);
  }

  #fail(kind: string, example: string, count = 1): void {
    this.#scope.tally.error(kind, example, count);
  }

  #lose(ending: Ending): void {
    this.#link = undefined;
    this.#onPong?.();
    const lost = this.#flights.length + this.#backlog.length;
    this.#flights.clear();
    this.#backlog.clear();
    if (!this.#isClosing) {
      const { code, reason, failure } = ending;
      const said = reason === '' ? '' : `: ${reason}`;
      this.#fail(endingErrorKind(ending), failure?.sentence.join('') ?? `the server closed with ${code}${said}`);
      if (lost > 0)
        this.#fail('unanswered: connection ended', 'messages were in flight on connections that ended', lost);
    }
    this.#scope.ended(this);
  }
}

function isSame(sent: string | Buffer, received: string | Buffer): boolean {
  if (typeof sent === 'string' || typeof received === 'string') return sent === received;
  return sent.equals(received);
}

function sizeOf(data: string | Buffer): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

function asText(data: string | Buffer): string {
  return typeof data === 'string' ? data : data.toString('utf8');
}

/** The beginning of a message, for an example; of bytes, no more are decoded than are shown. */
function shown(data: string | Buffer): string {
  return quote(asText(typeof data === 'string' ? data : data.subarray(0, 4 * shownText)), shownText);
}
