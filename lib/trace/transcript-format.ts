/**
 * The lines of a transcript: JSON Lines, one event of `protocol/recording/events.ts` a line, in order.
 *
 * - The first line is `{"type":"transcript","version":1,…}`. `timeOrigin` is what to add to a `time` for milliseconds
 *   since 1970; `redacted` says whether the values of credential fields were blotted out.
 * - A `call` has the arguments of its `call` beside `method`. `Infinity` is `null`. Bytes are in base64.
 * - A message is `text` or `binary`. A frame has its `payload` only when it is a control frame: data is in the messages.
 * - `{"type":"cut","maxSize":…}` is the last line of a transcript that reached its largest size.
 */
import process from 'node:process';
import type { ObservedEvent } from '../protocol/recording/events.js';
import type { Json } from '../protocol/recording/json-members.js';
import { writeEvent } from '../protocol/recording/reports.js';
import type { Secrets } from '../protocol/secrets.js';
import { packageVersion } from './package-version.js';
import { EventRedactor } from './redaction.js';

export const transcriptVersion = 1;

export interface TranscriptHeader {
  readonly type: 'transcript';
  readonly version: number;
  /** ISO 8601. */
  readonly created: string;
  /** Milliseconds since 1970 of time 0. */
  readonly timeOrigin: number;
  readonly redacted: boolean;
  /** E.g. `0.1.0`. */
  readonly package: string;
  /** E.g. `v20.19.0`. */
  readonly node: string;
}

export function transcriptHeader(redacted: boolean): TranscriptHeader {
  return {
    type: 'transcript',
    version: transcriptVersion,
    created: new Date().toISOString(),
    timeOrigin: performance.timeOrigin,
    redacted,
    package: packageVersion(),
    node: process.version,
  };
}

/** Events -> the objects of their lines. */
export class TranscriptEncoder {
  readonly #redactor: EventRedactor | undefined;

  /** @param redact whether to blot out credentials. `added`: see `SecretsOptions` */
  constructor(redact: boolean, added?: Secrets) {
    this.#redactor = redact ? new EventRedactor({ added }) : undefined;
  }

  encode(event: ObservedEvent): Json {
    return writeEvent(this.#redactor?.redact(event) ?? event);
  }
}
