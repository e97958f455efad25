/** Where a trace goes: lines on stderr or in a file, a transcript, or a HAR file. */
import path from 'node:path';
import process from 'node:process';
import type { Channel, ObservedEvent } from '../protocol/recording/events.js';
import { HarWriter } from './har-writer.js';
import { TraceLines, type TraceLinesOptions, traceChannels } from './lines.js';
import { LinesWriter } from './lines-writer.js';
import { subscribe } from './subscribe.js';
import { TraceFileError } from './trace-file.js';
import { type FileOptions, TranscriptWriter } from './transcript-writer.js';
import { writeAllSync } from './write-sync.js';

export interface TraceOptions extends TraceLinesOptions, FileOptions {
  /** Ends in `.jsonl`, `.har` or `.txt` (lines); `undefined`: lines on stderr. `%p` in it is the process id. */
  readonly file?: string | undefined;
  /** The number of a worker thread, which gets a file of its own: `-thread-N` goes before the ending. */
  readonly thread?: number | undefined;
}

const stderr = 2;
const transcriptChannels: readonly Channel[] = ['handshake', 'frame', 'message', 'rule', 'close', 'session'];

interface TraceWriter {
  write(event: ObservedEvent): void;
  close(): void;
}

/** What is written into a file, by the ending of its name. */
const kinds: Readonly<
  Record<string, { channels: readonly Channel[]; open(file: string, options: TraceOptions): TraceWriter }>
> = {
  '.jsonl': { channels: transcriptChannels, open: (file, options) => new TranscriptWriter(file, options) },
  '.har': { channels: traceChannels, open: (file, options) => new HarWriter(file, options) },
  '.txt': { channels: traceChannels, open: (file, options) => new LinesWriter(file, options) },
};

/** For a sentence about a name that has another ending. */
const traceFileEndings = '.txt (lines), .jsonl (a transcript) or .har';

/** Somewhere to write events to. */
export interface OpenTrace {
  /** What it wants to see. */
  readonly channels: readonly Channel[];
  write(event: ObservedEvent): void;
  close(): void;
}

/**
 * Opens a file for a trace, or stderr, without listening to anything.
 *
 * @throws {TraceFileError} for a file that cannot be written, or with another ending
 */
export function openTrace(options: TraceOptions = {}): OpenTrace {
  if (options.file === undefined) {
    const lines = new TraceLines(options);
    const write = untilItFails((event) => writeAllSync(stderr, lines.format(event)));
    return { channels: traceChannels, write, close: () => {} };
  }
  const { dir, name, ext } = path.parse(options.file.replaceAll('%p', String(process.pid)));
  const file = path.join(dir, `${name}${options.thread === undefined ? '' : `-thread-${options.thread}`}${ext}`);
  const kind = Object.hasOwn(kinds, ext) ? kinds[ext] : undefined;
  if (kind === undefined) throw new TraceFileError(file, `expected a name that ends in ${traceFileEndings}`);
  const writer = kind.open(file, options);
  return {
    channels: kind.channels,
    write: untilItFails((event) => writer.write(event)),
    close: () => writer.close(),
  };
}

/**
 * Starts to trace the connections that start from now on.
 *
 * @returns a function that ends it
 * @throws {TraceFileError} as `openTrace`
 */
export function startTrace(options: TraceOptions = {}): () => void {
  const trace = openTrace(options);
  const end = subscribe(trace.channels, trace.write);
  return () => {
    end();
    trace.close();
  };
}

/** A full disk or a closed pipe ends the trace, never the traced program. */
function untilItFails(write: (event: ObservedEvent) => void): (event: ObservedEvent) => void {
  let failed = false;
  return (event) => {
    if (failed) return;
    try {
      write(event);
    } catch (error) {
      failed = true;
      process.emitWarning(`The trace ended: ${(error as Error).message}`, 'OhosWebSocketTrace');
    }
  };
}
