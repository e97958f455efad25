/** All probes: several at once, and alone whatever a death, a limit or chance had a part in. */
import { ask, isDoubtful, unasked } from './ask.js';
import { Pace } from './pace.js';
import type { Death, ProbeResult } from './probe.js';
import type { Probe, RunOptions } from './probe-run.js';
import { describeRefusal, type LimitRefusal } from './refusal.js';
import { controlHandshake, isAnswering, needsControl, recovers } from './survival.js';

/** How often a probe is put that the server turns away. */
const maxRefusals = 5;
/** How often a probe is put that ends in doubt: once more, and more often where that showed that chance is at work. */
const steadyAnswers = 2;
const unsteadyAnswers = 8;
/** How often a server is looked for that did not answer. */
const steadyControls = 3;

export interface Bounds {
  /** How many probes at once. */
  readonly concurrency: number;
  /** On the clock of `performance.now`. */
  readonly end: number;
  /** Milliseconds to wait for a server that is gone, or that limits its clients. */
  readonly recoverTime: number;
}

/** A probe that has to be put again. */
interface Pending {
  readonly index: number;
  /** Those that are in doubt. */
  readonly answers: ProbeResult[];
  refusals: number;
}

export class Questioning {
  readonly deaths: Death[] = [];
  readonly results: ProbeResult[];
  readonly #probes: readonly Probe[];
  readonly #run: RunOptions;
  readonly #bounds: Bounds;
  readonly #onProgress: (done: number, total: number, result: ProbeResult) => void;
  readonly #pace: Pace;
  /** The probes that are in flight, or whose control handshake is. */
  readonly #suspects = new Map<number, ProbeResult | undefined>();
  #pending: Pending[] = [];
  #next = 0;
  #done = 0;
  #isDead = false;
  /** Why nothing more can be asked. */
  #stop: string | undefined;
  /** Connections are lost by chance: a probe that was put again came out without. */
  #isUnsteady = false;

  constructor(
    probes: readonly Probe[],
    run: RunOptions,
    bounds: Bounds,
    onProgress: (done: number, total: number, result: ProbeResult) => void,
  ) {
    this.#probes = probes;
    this.#run = run;
    this.#bounds = bounds;
    this.#onProgress = onProgress;
    this.#pace = new Pace(bounds.concurrency, bounds.recoverTime, bounds.end);
    this.results = new Array<ProbeResult>(probes.length);
  }

  async finish(): Promise<this> {
    while (this.#next < this.#probes.length && this.#stop === undefined) {
      this.#isDead = false;
      this.#suspects.clear();
      await Promise.all(Array.from({ length: this.#pace.width }, (_, worker) => this.#work(worker)));
      if (this.#isDead) await this.#findKiller([...this.#suspects.keys()]);
    }
    for (let round = 2; this.#pending.length > 0; round++) await this.#askAgain(round);
    for (const [index, probe] of this.#probes.entries()) {
      if (this.results[index] === undefined) this.#report(index, unasked(probe, this.#stop!));
    }
    return this;
  }

  /** One of several at once, until the server is dead, gone, or takes fewer. */
  async #work(worker: number): Promise<void> {
    while (this.#next < this.#probes.length && !this.#isDead && this.#stop === undefined) {
      if (worker >= this.#pace.width) return;
      await this.#pace.ready();
      const index = this.#next++;
      if (index >= this.#probes.length) return;
      if (this.#isLate()) return;
      this.#suspects.set(index, undefined);
      const { result, refusal } = await ask(this.#probes[index]!, this.#run);
      this.#suspects.set(index, result);
      if (refusal === undefined && needsControl(result) && !this.#isDead && !(await this.#isAlive()))
        this.#isDead = true;
      // What the others see from here on is the death, not what they asked about.
      if (this.#isDead) return;
      this.#suspects.delete(index);
      await this.#take({ index, answers: [], refusals: 0 }, result, refusal);
    }
  }

  /** An answer that counts is reported; any other one makes the probe pending. */
  async #take(pending: Pending, result: ProbeResult, refusal: LimitRefusal | undefined): Promise<void> {
    const { index, answers } = pending;
    if (refusal === undefined) this.#pace.answered();
    if (refusal !== undefined) {
      if (++pending.refusals >= maxRefusals) return this.#report(index, result);
      this.#pending.push(pending);
      if (!(await this.#pace.makeRoom(refusal))) this.#stop ??= describeRefusal(refusal);
    } else if (isDoubtful(result)) {
      answers.push(result);
      this.#pending.push(pending);
    } else {
      if (answers.length > 0) this.#isUnsteady = true;
      this.#report(index, result);
    }
  }

  /** Puts every pending probe once more, alone. */
  async #askAgain(round: number): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const one of pending) {
      if (!this.#isLate() && this.#stop === undefined) await this.#askAlone(one);
      else if (one.answers.length > 0) this.#report(one.index, this.#unconfirmed(one));
    }
    const most = this.#isUnsteady ? unsteadyAnswers : steadyAnswers;
    this.#pending = this.#pending.filter(({ index, answers }) => {
      if (answers.length < most && round < 2 * unsteadyAnswers) return true;
      if (answers.length > 0) this.#report(index, settled(answers));
      return false;
    });
  }

  async #askAlone(pending: Pending): Promise<void> {
    await this.#pace.ready();
    const { index } = pending;
    const { result, refusal } = await ask(this.#probes[index]!, this.#run);
    if (refusal === undefined && needsControl(result) && !(await this.#isAlive())) return this.#condemn(index, result);
    await this.#take(pending, result, refusal);
  }

  #unconfirmed({ answers: [result] }: Pending): ProbeResult {
    const got = `${result!.got}; that could be chance, and was not asked again: ${this.#stop}`;
    return { ...result!, verdict: 'not observable', got };
  }

  #isLate(): boolean {
    if (performance.now() > this.#bounds.end) this.#stop ??= 'the time for the audit was over';
    return this.#stop !== undefined;
  }

  /** Asks each suspect alone. */
  async #findKiller(suspects: readonly number[]): Promise<void> {
    const id = (index: number): string => this.#probes[index]!.id;
    const [only] = suspects;
    if (suspects.length === 1) return this.#condemn(only!, this.#suspects.get(only!)!);
    const ids = suspects.map(id);
    if (!(await this.#recovers())) return void this.deaths.push({ probes: ids, isProved: false, recovered: false });
    const before = this.deaths.length;
    for (const index of suspects) {
      await this.#askAlone({ index, answers: [], refusals: 0 });
      if (this.#stop !== undefined) return;
    }
    if (this.deaths.length === before) this.deaths.push({ probes: ids, isProved: false, recovered: true });
  }

  async #condemn(index: number, result: ProbeResult): Promise<void> {
    const recovered = await this.#recovers();
    this.deaths.push({ probes: [result.id], isProved: true, recovered });
    const got = `the server stopped answering; before that: ${result.got}`;
    this.#report(index, { ...result, verdict: 'fail', got });
  }

  /** A control handshake; repeated, more often where connections are lost by chance. */
  async #isAlive(): Promise<boolean> {
    if ((await controlHandshake(this.#run)) !== 'gone') return true;
    if (!(await isAnswering(this.#run, this.#isUnsteady ? unsteadyAnswers : steadyControls))) return false;
    this.#isUnsteady = true;
    return true;
  }

  async #recovers(): Promise<boolean> {
    const isBack = await recovers(this.#run, this.#bounds.recoverTime);
    if (!isBack) this.#stop ??= 'the server stopped answering';
    return isBack;
  }

  #report(index: number, result: ProbeResult): void {
    this.results[index] = result;
    this.#onProgress(++this.#done, this.results.length, result);
  }
}

/** What counts of answers that are all in doubt: the last one, if they agree. */
function settled(answers: readonly ProbeResult[]): ProbeResult {
  const last = answers.at(-1)!;
  if (answers.every(({ verdict }) => verdict === last.verdict)) return last;
  const got = `connections are lost by chance, and it came out differently each time: ${last.got}`;
  return { ...last, verdict: 'not observable', got };
}
