/** Where a trace goes: lines on stderr, a transcript, or a HAR file. */
import path from 'node:path';
import process from 'node:process';
import type { Channel, ObservedEvent } from '../protocol/recording/events.js';
import { HarWriter } from './har-writer.js';
import { TraceLines, type TraceLinesOptions, traceChannels } from './lines.js';
import { subscribe } from './subscribe.js';
import { type FileOptions, TranscriptWriter } from './transcript-writer.js';
import { writeAllSync } from './write-sync.js';

export interface TraceOptions extends TraceLinesOptions, FileOptions {
  /** Ends in `.jsonl` or `.har`; `undefined`: lines on stderr. `%p` in it is the process id. */
  readonly file?: string | undefined;
  /** The number of a worker thread, which gets a file of its own: `-thread-N` goes before the ending. */
  readonly thread?: number | undefined;
}

const stderr = 2;
const transcriptChannels: readonly Channel[] = ['handshake', 'frame', 'message', 'rule', 'close', 'session'];

/**
 * Starts to trace the connections that start from now on.
 *
 * @returns a function that ends it
 * @throws {RangeError} for a file with another ending
 * @throws {TraceFileError} for one that cannot be written
 */
export function startTrace(options: TraceOptions = {}): () => void {
  if (options.file === undefined) {
    const lines = new TraceLines(options);
    return subscribe(
      traceChannels,
      untilItFails((event) => writeAllSync(stderr, lines.format(event))),
    );
  }
  const { dir, name, ext } = path.parse(options.file.replaceAll('%p', String(process.pid)));
  const file = path.join(dir, `${name}${options.thread === undefined ? '' : `-thread-${options.thread}`}${ext}`);
  if (ext !== '.jsonl' && ext !== '.har') {
    throw new RangeError(
      `expected a trace file that ends in ".jsonl" (transcript) or ".har", got ${JSON.stringify(file)}`,
    );
  }
  const writer = ext === '.har' ? new HarWriter(file, options) : new TranscriptWriter(file, options);
  const channels = ext === '.har' ? traceChannels : transcriptChannels;
  const end = subscribe(
    channels,
    untilItFails((event) => writer.write(event)),
  );
  return () => {
    end();
    writer.close();
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
