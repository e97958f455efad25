/** A connection on which nothing is asked: as long as it lives, a server that turns others away limits them, and is not dead. */
import { randomBytes } from 'node:crypto';
import { Opcode } from '../protocol/framing/opcode.js';
import { NotObservable, ProbeRun, type RunOptions } from './probe-run.js';
import type { RawConnection } from './raw-connection.js';

/** Ends without a cause that was found: then the server ends idle connections, and a witness says nothing. */
const maxFalseAlarms = 3;

export class Witness {
  readonly #options: RunOptions;
  #run: ProbeRun | undefined;
  #connection: RawConnection | undefined;
  #falseAlarms = 0;
  #asked: Promise<boolean> | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Opens a connection where there is none, and lets it answer once: what is lost by chance mostly is at the beginning. */
  async open(): Promise<void> {
    if (this.#connection !== undefined || this.#falseAlarms >= maxFalseAlarms) return;
    const run = new ProbeRun(this.#options);
    try {
      this.#connection = await run.open();
      this.#run = run;
      if (!(await this.#answers())) this.close();
    } catch (error) {
      run.end();
      if (!(error instanceof NotObservable)) throw error;
    }
  }

  close(): void {
    this.#run?.end();
    this.#run = this.#connection = undefined;
  }

  /** No more: it takes a place that others need. */
  retire(): void {
    this.#falseAlarms = maxFalseAlarms;
    this.close();
  }

  /** The server was well after all. */
  raisedFalseAlarm(): void {
    this.#falseAlarms++;
  }

  /** Whether it answers; `undefined`: there is no witness. */
  isAlive(): Promise<boolean | undefined> {
    if (this.#connection === undefined) return Promise.resolve(undefined);
    this.#asked ??= this.#answers().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  /** Whether its connection has ended, and not in the way that a server ends one that is idle: with a Close frame. */
  async hasFallen(): Promise<boolean> {
    while (this.#connection !== undefined && this.#asked === undefined) {
      const received = await this.#connection.next(0);
      if (received.kind === 'silence') return false;
      if (received.kind === 'frame' && received.frame.opcode !== Opcode.close) continue;
      this.close();
      return received.kind === 'end';
    }
    return false;
  }

  async #answers(): Promise<boolean> {
    const connection = this.#connection!;
    const payload = randomBytes(4).toString('hex');
    await connection.sendFrames({ opcode: Opcode.ping, payload });
    const end = performance.now() + this.#options.times.probe;
    for (;;) {
      const received = await connection.next(end);
      if (received.kind !== 'frame' || received.frame.opcode === Opcode.close) return false;
      if (received.frame.opcode === Opcode.pong && received.frame.payload.toString() === payload) return true;
    }
  }
}
