/**
 * Writes a HAR file that is whole after every event: each one is a single write of what changes, from the place of the
 * change to the end of the file. A crash loses at most the last event.
 *
 * A message costs a write of its size as long as its connection is the one that started last; for an older one, what
 * follows it in the file is written again. For many connections at a time, or long ones, write a transcript and convert it.
 */
import { Buffer } from 'node:buffer';
import { closeSync, readSync } from 'node:fs';
import type { ObservedEvent } from '../protocol/recording/events.js';
import { HarConnection, harCreator } from './har.js';
import { EventRedactor } from './redaction.js';
import { openTraceFile } from './trace-file.js';
import { defaultMaxSize, type FileOptions } from './transcript-writer.js';
import { writeAllSync } from './write-sync.js';

const tail = ']}}\n';

/** Replaces the tail of a file that reached its largest size. */
function cutTail(maxSize: number): string {
  return `],"comment":"cut at its largest size, ${maxSize} bytes"}}\n`;
}

/** An entry in the file. */
interface Written {
  readonly connection: HarConnection;
  /** Where it starts, its messages end, and it ends; bytes from the start of the file. */
  start: number;
  messagesEnd: number;
  end: number;
  messages: number;
}

export class HarWriter {
  readonly #fd: number;
  readonly #redactor: EventRedactor | undefined;
  readonly #maxSize: number;
  readonly #cutTail: string;
  readonly #entries = new Map<number, Written>();
  readonly #order: Written[] = [];
  #size = 0;
  #full = false;

  /** Overwrites the file; only its owner may read it. @throws {TraceFileError} */
  constructor(path: string, { secrets = false, added, maxSize = defaultMaxSize }: FileOptions = {}) {
    this.#fd = openTraceFile(path);
    this.#redactor = secrets ? undefined : new EventRedactor({ frames: true, added });
    this.#maxSize = maxSize;
    this.#cutTail = cutTail(maxSize);
    const head = `{"log":{"version":"1.2","creator":${JSON.stringify(harCreator())},"pages":[],"entries":[`;
    this.#write(0, Buffer.from(head + tail));
  }

  /** @throws what `fs.writeSync` throws */
  write(recorded: ObservedEvent): void {
    if (this.#full) return;
    const event = this.#redactor?.redact(recorded) ?? recorded;
    let entry = this.#entries.get(event.connection);
    if (entry === undefined) {
      if (event.type !== 'connecting') return;
      entry = this.#add(event.connection, event.url, event.time);
    }
    const change = entry.connection.take(event);
    if (change === undefined) return;
    const { connection } = entry;
    let start = '';
    if (change.changed === 'start') {
      const comma = entry === this.#order[0] ? '' : ',';
      start = `${comma}\n${JSON.stringify(connection.start()).slice(0, -1)},"_webSocketMessages":[`;
    }
    const message =
      change.message === undefined ? '' : `${entry.messages === 0 ? '' : ','}\n${JSON.stringify(change.message)}`;
    const end = `],${JSON.stringify(connection.end()).slice(1)}`;
    this.#replace(entry, start, message, end);
    if (event.type === 'close') this.#entries.delete(event.connection);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #add(id: number, url: string, time: number): Written {
    const at = this.#end;
    const connection = new HarConnection(url, time, performance.timeOrigin);
    const entry = { connection, start: at, messagesEnd: at, end: at, messages: 0 };
    this.#entries.set(id, entry);
    this.#order.push(entry);
    return entry;
  }

  /** Writes an entry anew from its start, when that changes, or from the end of its messages. */
  #replace(entry: Written, start: string, message: string, end: string): void {
    const from = start === '' ? entry.messagesEnd : entry.start;
    const kept = Buffer.from(start + message);
    const closing = Buffer.from(end);
    const grown = from + kept.length + closing.length - entry.end;
    if (grown > 0 && this.#size + grown > this.#maxSize - this.#cutTail.length) return this.#cut();
    const rest = this.#read(entry.end, this.#size);
    this.#write(from, Buffer.concat([kept, closing, rest]));
    entry.messagesEnd = from + kept.length;
    entry.end += grown;
    if (message !== '') entry.messages++;
    for (let at = this.#order.length - 1; this.#order[at] !== entry; at--) {
      const later = this.#order[at]!;
      later.start += grown;
      later.messagesEnd += grown;
      later.end += grown;
    }
  }

  /** Where the entries end. */
  get #end(): number {
    return this.#order.at(-1)?.end ?? this.#size - tail.length;
  }

  /** The file stays as it is, but says at its end that it was cut. */
  #cut(): void {
    this.#full = true;
    this.#write(this.#end, Buffer.from(this.#cutTail));
  }

  #read(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(to - from);
    for (let done = 0; done < bytes.length; ) {
      const size = readSync(this.#fd, bytes, done, bytes.length - done, from + done);
      if (size === 0) throw new Error('the HAR file was cut short by another program');
      done += size;
    }
    return bytes;
  }

  /** Writes up to the end of the file. What gets shorter is filled with white space, not cut off in a second step. */
  #write(at: number, bytes: Buffer): void {
    const missing = this.#size - at - bytes.length;
    const whole = missing > 0 ? Buffer.concat([bytes, Buffer.alloc(missing, '\n')]) : bytes;
    writeAllSync(this.#fd, whole, at);
    this.#size = at + whole.length;
  }
}
