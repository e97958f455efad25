/** Writes a transcript, line by line, each of them done before the program goes on. */
import { Buffer } from 'node:buffer';
import { closeSync } from 'node:fs';
import type { ObservedEvent } from '../protocol/recording/events.js';
import type { SecretsOptions } from './redaction.js';
import { openTraceFile } from './trace-file.js';
import { TranscriptEncoder, transcriptHeader } from './transcript-format.js';
import { writeAllSync } from './write-sync.js';

/** Bytes that a file may grow to by default: 64 MiB. */
export const defaultMaxSize = 64 * 2 ** 20;

export interface FileOptions extends SecretsOptions {
  /** Bytes. Default 64 MiB. What would make the file larger is left out, and so is everything that follows. */
  readonly maxSize?: number | undefined;
}

export class TranscriptWriter {
  readonly #fd: number;
  readonly #encoder: TranscriptEncoder;
  readonly #maxSize: number;
  #size = 0;
  #cut = false;

  /** Overwrites the file; only its owner may read it. @throws {TraceFileError} */
  constructor(path: string, { secrets = false, added, maxSize = defaultMaxSize }: FileOptions = {}) {
    this.#fd = openTraceFile(path);
    this.#encoder = new TranscriptEncoder(!secrets, added);
    this.#maxSize = maxSize;
    this.#append(transcriptHeader(!secrets));
  }

  /** @throws what `fs.writeSync` throws */
  write(event: ObservedEvent): void {
    if (!this.#cut) this.#append(this.#encoder.encode(event));
  }

  close(): void {
    closeSync(this.#fd);
  }

  #append(line: object): void {
    let bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    if (this.#size + bytes.length > this.#maxSize) {
      this.#cut = true;
      bytes = Buffer.from(`${JSON.stringify({ type: 'cut', maxSize: this.#maxSize })}\n`);
    }
    writeAllSync(this.#fd, bytes);
    this.#size += bytes.length;
  }
}
