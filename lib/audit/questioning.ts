/** All probes: several at once, and alone whatever a death, a limit or chance had a part in. */

import { printable } from '../protocol/printable.js';
import { type Answer, ask, isDoubtful, unasked, wasTurnedAway, withOverheard } from './ask.js';
import { Pace } from './pace.js';
import type { Death, ProbeResult } from './probe.js';
import type { Probe, RunOptions } from './probe-run.js';
import { describeRefusal, type LimitRefusal } from './refusal.js';
import { type Control, controlHandshake, isAnswering, needsControl, recovers } from './survival.js';
import type { Witness } from './witness.js';

/** How often a probe is put that the server turns away. */
const maxRefusals = 5;
/** How often a probe is put that ends in doubt: once more, and more often where that showed that chance is at work. */
const steadyAnswers = 2;
const unsteadyAnswers = 8;
/** So many times the time of a probe has the one that is put again because it was late. */
const patience = 3;
/** How many late probes in a row are put again for nothing. */
const mostInVain = 4;
/** How often a server is looked for that did not answer. */
const steadyControls = 3;
/** How many probes that had ended well can have killed a server that was missed later. */
const maxRecent = 16;

/** How the server is, after a probe: turning away even correct clients, gone, or back at once with all connections lost. */
type Health = 'well' | LimitRefusal | 'dead' | 'restarted';

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
  /** Its time was over once. */
  isLate?: boolean;
}

export class Questioning {
  readonly deaths: Death[] = [];
  results: ProbeResult[];
  readonly #probes: readonly Probe[];
  readonly #run: RunOptions;
  /** For what was late the first time. */
  readonly #patientRun: RunOptions;
  readonly #bounds: Bounds;
  readonly #onProgress: (done: number, total: number, result: ProbeResult) => void;
  readonly #pace: Pace;
  /** The probes that are in flight, or whose control handshake is. */
  readonly #suspects = new Map<number, ProbeResult | undefined>();
  #pending: Pending[] = [];
  /** Passed without 101: if the server turns correct clients away as well, they say nothing. */
  readonly #refused = new Set<number>();
  /** The last ones that ended well. */
  readonly #recent: number[] = [];
  readonly #overheard = new Map<string, { readonly got: string; readonly by: ProbeResult }>();
  readonly #witness: Witness;
  #lateInVain = 0;
  #next = 0;
  #done = 0;
  /** The server went, or all its connections did. */
  #lost: 'dead' | 'restarted' | undefined;
  /** It turned correct clients away without saying why. */
  #limitsSilently = false;
  /** Why nothing more can be asked. */
  #stop: string | undefined;
  /** Connections are lost by chance: a probe that was put again came out without. */
  #isUnsteady = false;

  constructor(
    probes: readonly Probe[],
    run: RunOptions,
    bounds: Bounds,
    onProgress: (done: number, total: number, result: ProbeResult) => void,
    witness: Witness,
  ) {
    this.#witness = witness;
    this.#probes = probes;
    this.#run = run;
    this.#patientRun = { ...run, times: { ...run.times, probe: patience * run.times.probe } };
    this.#bounds = bounds;
    this.#onProgress = onProgress;
    this.#pace = new Pace(bounds.concurrency, bounds.recoverTime, bounds.end);
    this.results = new Array<ProbeResult>(probes.length);
  }

  async finish(): Promise<this> {
    while (this.#next < this.#probes.length && this.#stop === undefined) {
      this.#lost = undefined;
      this.#suspects.clear();
      await Promise.all(Array.from({ length: this.#pace.width }, (_, worker) => this.#work(worker)));
      if (this.#lost !== undefined) await this.#findKiller([...this.#suspects.keys()], this.#lost);
    }
    if (this.#limitsSilently)
      for (const index of this.#refused) this.#pending.push({ index, answers: [], refusals: 0 });
    for (let round = 2; this.#pending.length > 0; round++) await this.#askAgain(round);
    for (const [index, probe] of this.#probes.entries()) {
      if (this.results[index] === undefined) this.#report(index, unasked(probe, this.#stop!));
    }
    this.results = withOverheard(this.results, this.#overheard);
    return this;
  }

  /** One of several at once, until the server is dead, gone, or takes fewer. */
  async #work(worker: number): Promise<void> {
    while (this.#next < this.#probes.length && this.#lost === undefined && this.#stop === undefined) {
      if (worker >= this.#pace.width) return;
      await this.#pace.ready();
      const index = this.#next++;
      if (index >= this.#probes.length) return;
      if (this.#isLate()) return;
      this.#suspects.set(index, undefined);
      const answer = await ask(this.#probes[index]!, this.#run);
      const { result, refusal } = answer;
      this.#suspects.set(index, result);
      const health = this.#lost ?? (await this.#healthAfter(result, refusal));
      if (health === 'dead' || health === 'restarted') this.#lost = health;
      // What the others see from here on is the death, not what they asked about.
      if (this.#lost !== undefined) return;
      this.#suspects.delete(index);
      await this.#take({ index, answers: [], refusals: 0 }, answer, limitOf(health, result, refusal));
    }
  }

  /** An answer that counts is reported; any other one makes the probe pending. */
  async #take(pending: Pending, answer: Answer, refusal: LimitRefusal | undefined): Promise<void> {
    const { index, answers } = pending;
    const { result, isLate } = answer;
    if (refusal !== undefined) {
      this.#limitsSilently ||= !refusal.isSaid;
      if (refusal.isSaid && this.#pace.width === 1) this.#witness.retire();
      if (++pending.refusals >= maxRefusals) return this.#report(index, turnedDown(result, refusal));
      this.#pending.push(pending);
      if (!(await this.#pace.makeRoom(refusal))) this.#stop ??= describeRefusal(refusal);
      return;
    }
    this.#pace.answered();
    for (const { rule, got } of answer.overheard)
      if (!this.#overheard.has(rule)) this.#overheard.set(rule, { got: printable(got), by: result });
    const mayBeBusy = isLate && this.#lateInVain < mostInVain;
    this.#countLate(pending, answer);
    if (mayBeBusy || isDoubtful(result)) {
      answers.push(result);
      this.#pending.push(pending);
    } else {
      if (answers.length > 0 && pending.isLate !== true) this.#isUnsteady = true;
      if (!this.#limitsSilently && wasTurnedAway(result)) this.#refused.add(index);
      this.#recent.push(index);
      if (this.#recent.length > maxRecent) this.#recent.shift();
      this.#report(index, result);
    }
  }

  /** Probes that were late again say that the server is silent, and the machine not busy. */
  #countLate(pending: Pending, { isLate }: Answer): void {
    if (pending.isLate === true) this.#lateInVain = isLate ? this.#lateInVain + 1 : 0;
    pending.isLate ||= isLate;
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

  /** Asks while nothing else is asked. Dead servers are condemned for it, and those that come back at once when they do it again. */
  async #askAlone(pending: Pending, isSuspect = false): Promise<void> {
    const { index, answers, refusals } = pending;
    for (let restarts = 0; ; restarts++) {
      await this.#pace.ready();
      await this.#witness.open();
      // One more or less each time: a server that turns away every other client would turn away this one always.
      if (this.#limitsSilently && (answers.length + refusals) % 2 === 1) await controlHandshake(this.#run);
      const answer = await ask(this.#probes[index]!, pending.isLate === true ? this.#patientRun : this.#run);
      const { result, refusal } = answer;
      const health = await this.#healthAfter(result, refusal, isSuspect);
      if (health === 'dead' || (health === 'restarted' && restarts > 0)) return this.#condemn(index, result);
      if (health === 'restarted') continue;
      if (restarts > 0) this.#witness.raisedFalseAlarm();
      return this.#take(pending, answer, limitOf(health, result, refusal));
    }
  }

  #unconfirmed({ answers: [result] }: Pending): ProbeResult {
    const got = `${result!.got}; that could be chance, and was not asked again: ${this.#stop}`;
    return { ...result!, verdict: 'not observable', got };
  }

  #isLate(): boolean {
    if (performance.now() > this.#bounds.end) this.#stop ??= 'the time for the audit was over';
    return this.#stop !== undefined;
  }

  /** Asks each suspect alone, then those that had ended well before. */
  async #findKiller(suspects: readonly number[], lost: 'dead' | 'restarted'): Promise<void> {
    const probes = suspects.map((index) => this.#probes[index]!.id);
    const [only] = suspects;
    const before = this.deaths.length;
    this.#witness.close();
    if (!(await this.#recovers())) {
      if (suspects.length === 1) this.#bury(only!, this.#suspects.get(only!)!, false);
      else this.deaths.push({ probes, isProved: false, recovered: false });
      return;
    }
    for (const index of suspects) {
      await this.#askAlone({ index, answers: [], refusals: 0 }, true);
      if (this.#stop !== undefined) return;
    }
    for (const index of this.deaths.length > before ? [] : this.#recent.splice(0).reverse()) {
      await this.#askAlone({ index, answers: [], refusals: 0 }, true);
      if (this.#stop !== undefined) return;
      if (this.deaths.length > before) break;
    }
    if (this.deaths.length > before) return;
    if (lost === 'restarted') this.#witness.raisedFalseAlarm();
    else this.deaths.push({ probes, isProved: false, recovered: true });
  }

  async #condemn(index: number, result: ProbeResult): Promise<void> {
    this.#witness.close();
    this.#bury(index, result, await this.#recovers());
  }

  #bury(index: number, result: ProbeResult, recovered: boolean): void {
    this.deaths.push({ probes: [result.id], isProved: true, recovered });
    const got = `the server stopped answering; before that: ${result.got}`;
    this.#report(index, { ...result, verdict: 'fail', got });
  }

  /** A control handshake behind what could have been the end of the server; the witness tells a limit from a death. */
  async #healthAfter(
    result: ProbeResult,
    refusal: LimitRefusal | undefined,
    isSuspect = needsControl(result),
  ): Promise<Health> {
    if (refusal?.isSaid) return refusal;
    if (!isSuspect && !needsControl(result)) return 'well';
    const control = await controlHandshake(this.#run);
    if (control === 'answered') return (await this.#witness.hasFallen()) ? 'restarted' : 'well';
    // A limit that says so is told from what the probe got.
    return control !== 'gone' && control.isSaid ? 'well' : this.#healthWithout(control);
  }

  /** The same, of a server that turned a correct client away. */
  async #healthWithout(control: Exclude<Control, 'answered'>): Promise<Health> {
    // Any may be lost by chance, more where that was seen.
    if (control === 'gone' && (await isAnswering(this.#run, this.#isUnsteady ? unsteadyAnswers : steadyControls))) {
      if (await this.#witness.hasFallen()) return 'restarted';
      this.#isUnsteady = true;
      return 'well';
    }
    const isAlive = await this.#witness.isAlive();
    if (isAlive === true)
      return control === 'gone' ? { status: 'no response', retryAfter: undefined, isSaid: false } : control;
    return isAlive === undefined && control !== 'gone' ? control : 'dead';
  }

  async #recovers(): Promise<boolean> {
    const isBack = await recovers(this.#run, this.#bounds.recoverTime);
    if (!isBack) this.#stop ??= 'the server stopped answering';
    return isBack;
  }

  #report(index: number, result: ProbeResult): void {
    const isNew = this.results[index] === undefined;
    this.results[index] = result;
    if (isNew) this.#onProgress(++this.#done, this.results.length, result);
  }
}

/** What counts of answers that are all in doubt: the last one, if they agree. */
function settled(answers: readonly ProbeResult[]): ProbeResult {
  const last = answers.at(-1)!;
  if (answers.every(({ verdict }) => verdict === last.verdict)) return last;
  const got = `connections are lost by chance, and it came out differently each time: ${last.got}`;
  return { ...last, verdict: 'not observable', got };
}

/** The limit that kept a probe from its answer: one that was answered with 101 got past it. */
function limitOf(health: Health, result: ProbeResult, refusal: LimitRefusal | undefined): LimitRefusal | undefined {
  if (refusal !== undefined) return refusal;
  return typeof health === 'object' && wasTurnedAway(result) ? health : undefined;
}

/** What is left of a probe that was turned away each time. */
function turnedDown(result: ProbeResult, refusal: LimitRefusal): ProbeResult {
  return { ...result, verdict: 'not observable', got: describeRefusal(refusal) };
}
