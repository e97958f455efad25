/**
 * Latencies in bounded memory, as HdrHistogram keeps them: 128 buckets an octave, so that no quantile is off by more than
 * 0.3 %. Histograms of several processes add up to the one that a single process would have.
 */

const stepsPerOctave = 128;
/** Milliseconds: all below are in the first bucket. */
const least = 0.001;
/** Octaves from there: up to more than an hour. */
const octaves = 32;

/** A part of the range, for a drawing. */
export interface Bar {
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A histogram that can be sent to another process. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Bucket, count, bucket, count, …: those that are not empty, in ascending order. */
  readonly buckets: readonly number[];
}

export class Histogram {
  readonly #counts = new Float64Array(stepsPerOctave * octaves);
  count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** Milliseconds. */
  record(value: number): void {
    this.count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#counts[bucketOf(value)]!++;
  }

  get min(): number {
    return this.count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count;
  }

  /** The value that this share (0 to 1) of all is not above; 0 when there is none. */
  quantile(share: number): number {
    // The product may be above the whole number that it stands for: 0.9999 of 10 000.
    let left = Math.max(1, Math.ceil(share * this.count - 1e-6));
    if (left >= this.count) return this.#max;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket]!;
      // Never outside of what was measured: a bucket is wider than its values.
      if (left <= 0) return Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
    }
    return this.#max;
  }

  /** Adds what another one holds. */
  add({ count, sum, min, max, buckets }: HistogramData): void {
    if (count === 0) return;
    this.count += count;
    this.#sum += sum;
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
    for (let at = 0; at < buckets.length; at += 2) this.#counts[buckets[at]!]! += buckets[at + 1]!;
  }

  toData(): HistogramData {
    const buckets: number[] = [];
    if (this.count > 0) this.#counts.forEach((count, bucket) => count > 0 && buckets.push(bucket, count));
    return { count: this.count, sum: this.#sum, min: this.min, max: this.#max, buckets };
  }

  clear(): void {
    if (this.count === 0) return;
    this.#counts.fill(0);
    this.count = this.#sum = this.#max = 0;
    this.#min = Infinity;
  }

  /** Bars from the smallest value to p99, each wider than the one before by the same factor, and one for the rest. */
  bars(most: number): Bar[] {
    if (this.count === 0) return [];
    const begin = Math.max(least, this.#min);
    const end = this.quantile(0.99);
    const factor = (end / begin) ** (1 / most);
    // Taken from the end, so that rounding cannot put p99 itself behind the last edge.
    const edges = factor > 1 ? Array.from({ length: most }, (_, index) => end / factor ** (most - 1 - index)) : [end];
    const counts = new Array<number>(edges.length + 1).fill(0);
    this.#counts.forEach((count, bucket) => {
      if (count === 0) return;
      const value = Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
      const at = edges.findIndex((edge) => value <= edge);
      counts[at < 0 ? edges.length : at]! += count;
    });
    const all = counts.map((count, index): Bar => {
      return { from: edges[index - 1] ?? this.#min, to: edges[index] ?? this.#max, count };
    });
    return all.at(-1)!.count === 0 ? all.slice(0, -1) : all;
  }
}

function bucketOf(value: number): number {
  const bucket = Math.floor(Math.log2(Math.max(value, least) / least) * stepsPerOctave);
  return Math.min(bucket, stepsPerOctave * octaves - 1);
}

function middleOf(bucket: number): number {
  return least * 2 ** ((bucket + 0.5) / stepsPerOctave);
}
