/**
 * Ways to do permessage-deflate, side by side: as lib/protocol/deflate/context.ts does it, small messages by our own
 * coder; the same with a synchronous call of zlib for every message; and a pair of zlib streams per connection that are
 * flushed after each message, as npm's ws does. Prints a Markdown table.
 *
 *     node dist/bench/deflate.js
 */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { DeflateContext, InflateContext } from '../lib/protocol/deflate/context.js';
import { unlimited } from '../lib/protocol/framing/budget.js';
import { sizeLabel } from './plan.js';

const flushMark = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const rounds = 5;

/** One connection's compression in both directions. */
interface Codec {
  deflate(message: Buffer): Buffer | Promise<Buffer>;
  inflate(data: Buffer): Buffer | Promise<Buffer>;
}

interface Way {
  readonly name: string;
  create(level: number): Codec;
}

function synchronous(name: string, contextTakeover: boolean, small?: number): Way {
  const direction = { windowBits: 15, contextTakeover };
  return {
    name,
    create: (level) => {
      const sending = new DeflateContext(zlib, direction, level, small);
      const receiving = new InflateContext(zlib, direction, small);
      return {
        deflate: (message) => sending.deflate(message) ?? message,
        inflate: (data) => receiving.inflate(data, 1 << 20, 0, unlimited()),
      };
    },
  };
}

/** As ws' lib/permessage-deflate.js: write, flush, collect what comes until the flush is done. */
class Flushed {
  readonly #stream: zlib.DeflateRaw | zlib.InflateRaw;
  #pieces: Buffer[] = [];

  constructor(stream: zlib.DeflateRaw | zlib.InflateRaw) {
    this.#stream = stream;
    stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
  }

  run(...input: readonly Buffer[]): Promise<Buffer> {
    return new Promise((resolve) => {
      for (const bytes of input) this.#stream.write(bytes);
      this.#stream.flush(zlib.constants.Z_SYNC_FLUSH, () => {
        const output = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
        this.#pieces = [];
        resolve(output);
      });
    });
  }
}

const streams: Way = {
  name: 'zlib streams',
  create: (level) => {
    const deflater = new Flushed(zlib.createDeflateRaw({ level }));
    const inflater = new Flushed(zlib.createInflateRaw());
    return {
      deflate: async (message) => (await deflater.run(message)).subarray(0, -flushMark.length),
      inflate: (data) => inflater.run(data, flushMark),
    };
  },
};

const ways: readonly Way[] = [
  synchronous('own coder', true),
  synchronous('calls of zlib', true, 0),
  streams,
  synchronous('own coder, no context takeover', false),
];

/** Messages like an API's: JSON with names that come again and numbers that do not; the same ones on every run. */
function jsonMessages(count: number, size: number): Buffer[] {
  let seed = 1;
  const next = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const words = Array.from({ length: 400 }, () => Math.floor(next() * 1e9).toString(36));
  const word = (): string => words[Math.floor(next() ** 2 * words.length)]!;
  return Array.from({ length: count }, () => {
    let text = '';
    while (text.length < size) {
      const price = Math.floor(next() * 1e4) / 100;
      text += JSON.stringify({ id: Math.floor(next() * 1e6), user: word(), price, tags: [word(), word()] });
    }
    return Buffer.from(text.slice(0, size));
  });
}

interface Sample {
  /** Microseconds that a message takes there and back, the median: what else the machine did stays out of it. */
  readonly latency: number;
  /** Microseconds from the first to the last message of all connections, by their number. */
  readonly time: number;
  /** Microseconds of processor time a message, all threads together. */
  readonly cpu: number;
  /** Compressed bytes by plain bytes. */
  readonly ratio: number;
}

/** Each of the connections compresses and decompresses one message after the other. */
async function run(way: Way, level: number, messages: readonly Buffer[], connections: number): Promise<Sample> {
  let compressed = 0;
  let latencies: number[] = [];
  const converse = async (codec: Codec): Promise<void> => {
    for (const message of messages) {
      const start = performance.now();
      const deflated = codec.deflate(message);
      const data = deflated instanceof Promise ? await deflated : deflated;
      compressed += data.length;
      const inflated = codec.inflate(data);
      const plain = inflated instanceof Promise ? await inflated : inflated;
      latencies.push(performance.now() - start);
      if (plain.length !== message.length) throw new Error(`${way.name}: ${plain.length} bytes came back`);
    }
  };
  const codecs = Array.from({ length: connections }, () => way.create(level));
  await Promise.all(codecs.map(converse)); // warm, and with full windows
  compressed = 0;
  latencies = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Promise.all(codecs.map(converse));
  const time = 1000 * (performance.now() - start);
  const { user, system } = process.cpuUsage(cpu);
  const count = messages.length * connections;
  const latency = 1000 * latencies.sort((a, b) => a - b)[count >> 1]!;
  const plain = messages.reduce((sum, { length }) => sum + length, 0) * connections;
  return { latency, time: time / count, cpu: (user + system) / count, ratio: compressed / plain };
}

/** The best figures of several rounds of every way, taken in turns, so that a busy machine disturbs all alike. */
async function measure(level: number, messages: readonly Buffer[], connections: number): Promise<Map<Way, Sample>> {
  const best = new Map<Way, Sample>();
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      const sample = await run(way, level, messages, connections);
      const before = best.get(way) ?? sample;
      best.set(way, {
        latency: Math.min(sample.latency, before.latency),
        time: Math.min(sample.time, before.time),
        cpu: Math.min(sample.cpu, before.cpu),
        ratio: sample.ratio,
      });
    }
  }
  return best;
}

/** Resident bytes of one connection that has exchanged 64 KiB and 80 small messages each way; in a process of its own. */
async function idleMemory(way: Way): Promise<number> {
  const connections = 300;
  const messages = [...jsonMessages(1, 65536), ...jsonMessages(80, 1024)];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc!();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const use = async (): Promise<Codec> => {
    const codec = way.create(3);
    for (const message of messages) await codec.inflate(Buffer.from(await codec.deflate(message)));
    return codec;
  };
  const codecs: Codec[] = [];
  const add = async (): Promise<number> => {
    for (let i = 0; i < connections; i++) {
      codecs.push(await use());
      if (i % 10 === 0) await settle();
    }
    await settle();
    return process.memoryUsage.rss();
  };
  // The first ones pay for what all of them share: the heap, the threads, the code.
  const before = await add();
  return ((await add()) - before) / connections;
}

function forkedMemory(way: Way): number {
  const file = fileURLToPath(import.meta.url);
  return Number(execFileSync(process.execPath, ['--expose-gc', file, way.name], { encoding: 'utf8' }));
}

function row(title: string, cells: readonly string[]): string {
  return `| ${title} | ${cells.join(' | ')} |`;
}

async function report(): Promise<void> {
  console.log(`Node ${process.version}, zlib ${process.versions.zlib}, best of ${rounds} rounds; there and back.\n`);
  console.log(
    row(
      '',
      ways.map(({ name }) => name),
    ),
  );
  console.log(
    row(
      '---',
      ways.map(() => '--:'),
    ),
  );
  for (const [size, count, levels] of [
    [200, 4000, [3]],
    [1024, 1000, [3, 6]],
    [4096, 300, [3]],
    [65536, 60, [3, 6]],
  ] as const) {
    const messages = jsonMessages(count, size);
    for (const level of levels) {
      const samples = await measure(level, messages, 1);
      const cells = (cell: (sample: Sample) => string): string[] => ways.map((way) => cell(samples.get(way)!));
      const title = `${sizeLabel(size)}, level ${level}:`;
      if (size <= 4096)
        console.log(
          row(
            `${title} latency`,
            cells(({ latency }) => `${latency.toFixed(1)} µs`),
          ),
        );
      else
        console.log(
          row(
            `${title} throughput`,
            cells(({ latency }) => `${(size / latency).toFixed(1)} MB/s`),
          ),
        );
      console.log(
        row(
          `${title} processor time`,
          cells(({ cpu }) => `${cpu.toFixed(1)} µs`),
        ),
      );
      console.log(
        row(
          `${title} compressed to`,
          cells(({ ratio }) => `${(100 * ratio).toFixed(1)} %`),
        ),
      );
    }
    const together = await measure(3, messages.slice(0, count / 10), 16);
    const cells = ways.map((way) => `${(size / together.get(way)!.time).toFixed(1)} MB/s`);
    console.log(row(`${sizeLabel(size)}, level 3: throughput of 16 connections`, cells));
  }
  const memory = ways.map((way) => `${(forkedMemory(way) / 1024).toFixed(0)} KiB`);
  console.log(row('memory of an idle connection', memory));
}

const [only] = process.argv.slice(2);
const way = ways.find(({ name }) => name === only);
if (way !== undefined) console.log(await idleMemory(way));
else await report();
