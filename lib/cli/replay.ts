/** `ohos-websocket replay FILE`: a transcript through fresh sessions. */
import { Buffer } from 'node:buffer';
import { closeSync } from 'node:fs';
import process from 'node:process';
import { printableJson } from '../protocol/printable.js';
import type { FrameEvent, ObservedEvent, SessionMessageEvent } from '../protocol/recording/events.js';
import { transcriptToHar } from '../trace/har.js';
import { TraceLines } from '../trace/lines.js';
import { describeDifference, replay } from '../trace/replay.js';
import { openTraceFile } from '../trace/trace-file.js';
import { readTranscript, type Transcript } from '../trace/transcript-reader.js';
import { writeAllSync } from '../trace/write-sync.js';
import { complain, defineCommand, flagOption, textOption, UsageError } from './command.js';

export const replayCommand = defineCommand({
  name: 'replay',
  usage: '[options] FILE',
  about: `Replays a transcript: what went into each connection goes through a fresh session on a virtual clock. Prints what the
sessions do, and compares it with the transcript. FILE is what OHOS_WEBSOCKET_TRACE=FILE.jsonl or connect --transcript
wrote; "-" is stdin.`,
  options: {
    quiet: flagOption('print only the verdict', { short: 'q' }),
    har: textOption(
      'FILE',
      'convert the transcript to HAR 1.2 as well; "-" is stdout, and then nothing else is printed there',
    ),
    secrets: flagOption('show credentials, if the transcript has them'),
  },
  notes: 'Lines: "<" received, ">" sent, "!" a broken rule or a lost connection. The verdict goes to stderr.',
  exit: {
    0: 'the same events and verdicts',
    1: 'a difference; the first one is printed',
    2: 'wrong usage, or no transcript',
  },
  examples: [
    'OHOS_WEBSOCKET_TRACE=bug.jsonl node --import ohos-websocket/trace app.mjs',
    'ohos-websocket replay bug.jsonl',
    'ohos-websocket replay --har bug.har --quiet bug.jsonl',
  ],
  run: async (values, positionals, streams) => {
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError(`expected one FILE, got ${positionals.length}`);
    try {
      return replayFile(readTranscript(file === '-' ? 0 : file), values);
    } catch (error) {
      complain(streams, 'replay', (error as Error).message);
      return 2;
    }
  },
});

interface Options {
  readonly quiet: boolean;
  readonly har?: string | undefined;
  readonly secrets: boolean;
}

function replayFile(transcript: Transcript, options: Options): number {
  const { quiet, har, secrets } = options;
  const lines = new TraceLines({ colors: process.stdout.isTTY === true && !process.env['NO_COLOR'], secrets });
  const print = (event: ObservedEvent): void => {
    if (!quiet && har !== '-') process.stdout.write(lines.format(event));
  };
  const isRelayed = transcript.entries.some(({ event }) => event.type === 'bytes' || event.type === 'relay');
  const result = isRelayed ? undefined : replay(transcript, print);
  if (isRelayed) for (const event of withPayloads(transcript)) print(event);
  if (har !== undefined) {
    const text = `${printableJson(transcriptToHar(transcript), 1)}\n`;
    if (har === '-') process.stdout.write(text);
    else writeHar(har, text);
  }
  const cut = { line: '; its last line is cut off', size: '; it was cut at its largest size' };
  const end = transcript.cut === undefined ? '' : cut[transcript.cut];
  if (result === undefined) {
    const advice = 'ohos-websocket relay --replay-server or --replay-client plays one part of it';
    process.stderr.write(`shown as recorded: a relay has no session to compare with; ${advice}${end}\n`);
    return 0;
  }
  const { difference, events, connections } = result;
  if (difference === undefined) {
    process.stderr.write(`the same: ${count(events, 'event')} of ${count(connections, 'connection')}${end}\n`);
    return 0;
  }
  process.stderr.write(`different: ${describeDifference(difference)}${end}\n`);
  return 1;
}

/** The events of a relay. Frames have their data in the message that follows, as far as it was one frame. */
function withPayloads({ entries }: Transcript): ObservedEvent[] {
  const messages = new Map<string, SessionMessageEvent>();
  const place = ({ connection, direction, offset }: SessionMessageEvent | FrameEvent): string =>
    `${connection} ${direction} ${offset}`;
  for (const { event } of entries) if (event.type === 'message') messages.set(place(event), event);
  return entries.map(({ event }) => {
    const message = event.type === 'frame' && event.fin && event.rsv === 0 ? messages.get(place(event)) : undefined;
    return message === undefined ? event : ({ ...event, payload: Buffer.from(message.data as string) } as FrameEvent);
  });
}

function writeHar(file: string, text: string): void {
  const fd = openTraceFile(file);
  try {
    writeAllSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
