/** The share of a load that one process has: opens its connections, sends what is due, and reports piece by piece. */
import type { ConnectPlan } from '../../transport/connect-plan.js';
import { Fifo } from './fifo.js';
import { LoadConnection, type LoadScope } from './load-connection.js';
import { LoadMessages } from './load-messages.js';
import type { LoadPlan } from './load-plan.js';
import { intervalOf, Schedule, shareOf } from './schedule.js';
import { type LoadPhase, type LoadTick, Tally } from './tally.js';

/** Attempts to connect at once: a server's backlog of 511 must take those of several processes. */
const maxAttempts = 128;
/** Milliseconds until a connection is opened again. */
const reopenDelay = 1000;
/** Bytes that all connections together may have in their sockets. */
const maxUnflushed = 256 * 2 ** 20;
/** … and one of them. */
const [leastAllowance, mostAllowance] = [16384, 262144];

export interface WorkerShare {
  readonly process: number;
  readonly processes: number;
}

export class LoadWorker implements LoadScope {
  readonly load: LoadPlan;
  readonly messages: LoadMessages;
  readonly tally: Tally;
  readonly allowance: number;
  readonly #share: WorkerShare;
  readonly #planOf: (connection: number) => ConnectPlan;
  readonly #report: (tick: LoadTick) => void;
  readonly #connections: LoadConnection[];
  /** Those that messages can be sent on. */
  readonly #live: LoadConnection[] = [];
  /** When the messages were due that no connection was open for while some were being opened. */
  readonly #unassigned = new Fifo<number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #phase: LoadPhase = 'opening';
  #attempts = 0;
  /** Those that are being opened, and those that are open. */
  #alive = 0;
  #ticking: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isOver = false;
  /** Ends what is being waited for. */
  #wake = (): void => {};
  #turn = 0;
  isSending = false;
  measuredFrom = -Infinity;

  /**
   * @param planOf the plan of a connection with that number
   * @param report gets each piece of time when it is over
   */
  constructor(
    load: LoadPlan,
    share: WorkerShare,
    planOf: (connection: number) => ConnectPlan,
    report: (tick: LoadTick) => void,
  ) {
    this.load = load;
    this.#share = share;
    this.#planOf = planOf;
    this.#report = report;
    this.messages = new LoadMessages(load.messages);
    this.tally = new Tally(share.process);
    this.allowance = Math.min(mostAllowance, Math.max(leastAllowance, maxUnflushed / load.connections));
    const { process, processes } = share;
    const count = shareOf(load.connections, process, processes);
    this.#connections = Array.from(
      { length: count },
      (_, index) => new LoadConnection(index * processes + process, this),
    );
  }

  /** Without a ramp-up: opens all connections, and sends nothing. */
  async open(): Promise<void> {
    if (this.load.rampUp > 0) return;
    this.#enter('opening');
    const waiting = this.#connections.values();
    const lane = async (): Promise<void> => {
      for (const connection of waiting) {
        if (this.#isStopped) return;
        await this.#attempt(connection);
      }
    };
    await Promise.all(Array.from({ length: maxAttempts }, lane));
    this.#endTicks();
  }

  /** Sends, measures and closes everything. */
  async run(): Promise<void> {
    const { rampUp, warmUp, duration } = this.load;
    const began = performance.now();
    this.isSending = true;
    this.#enter('ramp-up');
    const stopSending = this.#startSending(began);
    if (rampUp > 0) {
      this.#openOneByOne(began);
      await this.#wait(rampUp);
    }
    this.#enter('warm-up');
    for (const connection of this.#live.slice()) connection.fill();
    await this.#wait(warmUp);
    this.#enter('measured');
    this.measuredFrom = performance.now();
    await this.#wait(duration);
    stopSending();
    this.isSending = false;
    this.#enter('drain');
    await this.#drain();
    this.#giveUp(Infinity);
    this.#endTicks();
    await this.#closeAll();
  }

  /** Ends it early: what is in flight is given up. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
    if (this.#phase === 'opening') void Promise.all(this.#connections.map((connection) => connection.close()));
  }

  // ------------------------------------------------------------------ the connections' reports

  ready(connection: LoadConnection): void {
    connection.place = this.#live.push(connection) - 1;
    while (this.#unassigned.length > 0) connection.due(this.#unassigned.take()!);
  }

  ended(connection: LoadConnection): void {
    const { place } = connection;
    if (place >= 0) {
      const last = this.#live.pop()!;
      if (last !== connection) {
        this.#live[place] = last;
        last.place = place;
      }
      connection.place = -1;
    }
    this.#alive--;
    if (this.#isHopeless) this.#giveUp(Infinity);
    if (this.#isOver || this.#isStopped) return;
    if (this.load.reopen) this.#later(reopenDelay, () => void this.#attempt(connection));
    else if (this.#isHopeless) this.#wake();
  }

  /** Whether no connection is open, nor will be by itself. */
  get #isHopeless(): boolean {
    return this.#alive === 0 && this.#phase !== 'opening' && this.#phase !== 'ramp-up';
  }

  // ------------------------------------------------------------------ opening

  async #attempt(connection: LoadConnection): Promise<void> {
    if (this.#isOver || this.#isStopped) return;
    this.#attempts++;
    this.#alive++;
    await connection.open(this.#planOf(connection.number));
    this.#attempts--;
    if (this.#isStopped && this.#phase === 'opening') await connection.close();
  }

  #openOneByOne(began: number): void {
    const count = this.#connections.length;
    let next = 0;
    const step = (): void => {
      const share = (performance.now() - began) / (this.load.rampUp * 1000);
      while (next < count && next <= share * count && this.#attempts < maxAttempts * 4) {
        void this.#attempt(this.#connections[next++]!);
      }
      if (next < count && !this.#isOver) this.#later(1, step);
    };
    step();
  }

  // ------------------------------------------------------------------ sending

  /** Starts the clockwork of the open model, or of the time limit. @returns a function that ends it */
  #startSending(began: number): () => void {
    const sweep = setInterval(
      () => {
        const now = performance.now();
        for (const connection of this.#connections) connection.expire(now);
        this.#giveUp(now - this.load.answerTimeout * 1000);
      },
      Math.min(250, this.load.answerTimeout * 250),
    );
    this.#timers.add(sweep as NodeJS.Timeout);
    const { rate, rampUp, connections } = this.load;
    if (rate === undefined) return () => {};
    const { process, processes } = this.#share;
    const schedule = new Schedule((rate * this.#connections.length) / connections, rampUp, process / processes);
    let number = 0;
    let tick = began;
    const idealDue = (): number => began + schedule.due(number) * 1000;
    const sendUntil = (now: number): void => {
      // What was due since the last tick of our millisecond clock is due at this one, for which the timer was set.
      for (let due = idealDue(); due <= now; number++, due = idealDue())
        this.#assign(Math.min(now, Math.max(due, tick)));
    };
    let timer: NodeJS.Timeout;
    const step = (): void => {
      sendUntil(performance.now());
      const now = performance.now();
      const wait = Math.max(1, Math.ceil(idealDue() - now));
      tick = now + wait;
      timer = setTimeout(step, wait);
    };
    step();
    return () => {
      clearTimeout(timer);
      sendUntil(performance.now());
    };
  }

  #assign(due: number): void {
    if (due >= this.measuredFrom) this.tally.due++;
    if (this.#live.length === 0) {
      this.#unassigned.push(due);
      if (this.#isHopeless) this.#giveUp(Infinity);
      return;
    }
    this.#turn = (this.#turn + 1) % this.#live.length;
    this.#live[this.#turn]!.due(due);
  }

  /** Counts the messages that were due before that time, and could not be sent. */
  #giveUp(before: number): void {
    let count = 0;
    for (; this.#unassigned.length > 0 && this.#unassigned.at(0)! < before; count++) this.#unassigned.take();
    if (count > 0)
      this.tally.error('not sent: no open connection', 'messages were due when no connection was open', count);
  }

  // ------------------------------------------------------------------ time

  /** The pieces of time begin anew with each phase. */
  #enter(phase: LoadPhase): void {
    this.#endTicks();
    this.#phase = phase;
    this.#ticking = setInterval(() => this.#cut(), intervalOf(this.load.duration) * 1000);
  }

  #cut(): void {
    this.#report(this.tally.cut(this.#phase, this.#live.length));
  }

  #endTicks(): void {
    clearInterval(this.#ticking);
    this.#cut();
  }

  /** Until the time is over, there are no connections any more, or it is stopped. */
  async #wait(seconds: number): Promise<void> {
    if (this.#isStopped || seconds === 0) return;
    if (this.#isHopeless && !this.load.reopen) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#later(seconds * 1000, resolve);
    });
  }

  async #drain(): Promise<void> {
    const deadline = performance.now() + this.load.answerTimeout * 1000 + 500;
    if (this.load.reaction === 'nothing' && !this.#isStopped) for (const connection of this.#live) connection.confirm();
    while (!this.#isStopped && performance.now() < deadline && this.#connections.some(({ isBusy }) => isBusy)) {
      await this.#wait(0.02);
    }
  }

  async #closeAll(): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  #later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
