/** Latencies in bounded memory: buckets whose width is 1/32 of their value, so that none is off by more than 3 %. */

const stepsPerOctave = 32;
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
    let left = Math.max(1, Math.ceil(share * this.count));
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket]!;
      // Never outside of what was measured: a bucket is wider than its values.
      if (left <= 0) return Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
    }
    return this.#max;
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
