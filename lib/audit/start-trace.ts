/** Where a trace goes: lines on stderr, a transcript, or a HAR file. */
import process from 'node:process';
import type { ObservedEvent } from '../protocol/session-events.js';
import { subscribe } from './subscribe.js';
import { TraceLines, traceChannels } from './trace-lines.js';
import { writeAllSync } from './write-sync.js';

export interface TraceOptions {
  /** Ends in `.jsonl` or `.har`; `undefined`: lines on stderr. `%p` in it is the process id. */
  readonly file?: string | undefined;
  readonly secrets?: boolean;
  /** Bytes; see `TranscriptWriter` and `HarWriter`. */
  readonly maxSize?: number | undefined;
  readonly colors?: boolean;
  /** The number of a worker thread, which has files of its own. */
  readonly thread?: number | undefined;
}

const stderr = 2;

/** Starts to trace the connections that start from now on. @returns a function that ends it */
export function startTrace(options: TraceOptions): () => void {
  const lines = new TraceLines(options);
  return subscribe(traceChannels, untilItFails((event) => writeAllSync(stderr, lines.format(event))));
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
