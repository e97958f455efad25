/**
 * `node --import ohos-websocket/trace app.mjs`: shows what every connection of a program does, without changing it.
 *
 * | Variable | Meaning |
 * |---|---|
 * | `OHOS_WEBSOCKET_TRACE` | not set: lines on stderr; `FILE.txt`: lines; `FILE.jsonl`: a transcript; `FILE.har`: HAR 1.2. `%p` in the name is the process id |
 * | `OHOS_WEBSOCKET_TRACE_SECRETS` | `1`: leave credentials, tokens and queries in; by default they are blotted out |
 * | `OHOS_WEBSOCKET_TRACE_CLOCK` | `1`: lines start with the time of day (UTC), not with the seconds since their connection started |
 * | `OHOS_WEBSOCKET_TRACE_LIMIT` | the largest file in bytes, default 67108864; then the file says that it was cut |
 * | `NO_COLOR` | not empty: no colours, even on a terminal |
 */
import process from 'node:process';
import { isMainThread, threadId } from 'node:worker_threads';
import { startTrace } from './start-trace.js';
import { TraceFileError } from './trace-file.js';
import { readTraceSettings, TraceSettingError } from './trace-settings.js';

export type { SessionCall, SessionFailure } from '../protocol/recording/calls.js';
export type * from '../protocol/recording/events.js';
// The names of 1.0; inside, they would be taken for the globals.
export type {
  SessionCloseEvent as CloseEvent,
  SessionMessageEvent as MessageEvent,
} from '../protocol/recording/events.js';

try {
  startTrace({
    ...readTraceSettings(process.env),
    colors: process.stderr.isTTY === true && !process.env['NO_COLOR'],
    thread: isMainThread ? undefined : threadId,
  });
} catch (error) {
  if (!(error instanceof TraceFileError || error instanceof TraceSettingError)) throw error;
  // A folder that is missing on one machine, or a slip of the pen, is no reason for a program not to start.
  process.emitWarning(`Nothing is traced: ${error.message}`, 'OhosWebSocketTrace');
}
