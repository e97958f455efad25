/** Writes the lines of a trace into a file, each of them done before the program goes on. */
import { Buffer } from 'node:buffer';
import { closeSync } from 'node:fs';
import type { ObservedEvent } from '../protocol/recording/events.js';
import { TraceLines, type TraceLinesOptions } from './lines.js';
import { openTraceFile } from './trace-file.js';
import { defaultMaxSize, type FileOptions } from './transcript-writer.js';
import { writeAllSync } from './write-sync.js';

export class LinesWriter {
  readonly #fd: number;
  readonly #lines: TraceLines;
  readonly #maxSize: number;
  #size = 0;
  #isCut = false;

  /** Overwrites the file; only its owner may read it. @throws {TraceFileError} */
  constructor(path: string, options: FileOptions & TraceLinesOptions = {}) {
    const { secrets, added, timeOrigin, maxSize = defaultMaxSize } = options;
    this.#fd = openTraceFile(path);
    this.#lines = new TraceLines({ secrets, added, timeOrigin });
    this.#maxSize = maxSize;
  }

  /** @throws what `fs.writeSync` throws */
  write(event: ObservedEvent): void {
    if (this.#isCut) return;
    let bytes = Buffer.from(this.#lines.format(event));
    if (this.#size + bytes.length > this.#maxSize) {
      this.#isCut = true;
      bytes = Buffer.from(`cut at its largest size, ${this.#maxSize} bytes\n`);
    }
    writeAllSync(this.#fd, bytes);
    this.#size += bytes.length;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
