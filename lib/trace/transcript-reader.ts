/** Reads transcripts, and says where they are not what they should be. */
import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import type { ObservedEvent } from '../protocol/recording/events.js';
import { describeJson, type Json, JsonMembers } from '../protocol/recording/json-members.js';
import { readEvent } from '../protocol/recording/reports.js';
import { pause } from './pause.js';
import { TranscriptError } from './transcript-error.js';
import { type TranscriptHeader, transcriptVersion } from './transcript-format.js';

/** A line of a transcript. */
export interface TranscriptEntry {
  /** From 1. */
  readonly line: number;
  /** Verbatim. */
  readonly json: Json;
  /** What it means. The payload of a data frame is empty: transcripts do not have it. */
  readonly event: ObservedEvent;
}

/** What a transcript holds. */
export interface Transcript {
  readonly header: TranscriptHeader;
  readonly entries: readonly TranscriptEntry[];
  /** `line`: the last line is cut off, so the program crashed or is still running; `size`: the largest size was reached. */
  readonly cut: 'line' | 'size' | undefined;
}

/** Bytes of the largest transcript that is read: 256 MiB, four times what a trace writes by default. */
export const maxTranscriptSize = 256 * 2 ** 20;

/**
 * Reads a file; a number is a file descriptor. It may be a pipe.
 *
 * @throws {TranscriptError} also for more than 256 MiB
 * @throws what `fs.openSync` and `fs.readSync` throw
 */
export function readTranscript(path: string | URL | number): Transcript {
  const fd = typeof path === 'number' ? path : openSync(path, 'r');
  try {
    return parseTranscript(readText(fd));
  } finally {
    if (fd !== path) closeSync(fd);
  }
}

function readText(fd: number): string {
  const pieces: Buffer[] = [];
  let size = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(2 ** 20);
    const read = readPiece(fd, piece);
    if (read === 0) return Buffer.concat(pieces, size).toString('utf8');
    size += read;
    if (size > maxTranscriptSize) throw new TranscriptError(1, `at most ${maxTranscriptSize} bytes in all`, 'more');
    pieces.push(piece.subarray(0, read));
  }
}

/** @returns 0 at the end */
function readPiece(fd: number, piece: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, piece);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0; // a pipe of Windows that was closed
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

/** @throws {TranscriptError} */
export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n');
  // After the last line end there is nothing, or what a crash left of a line.
  const rest = lines.pop()!;
  const whole = rest !== '' && isJson(rest) ? [...lines, rest] : lines;
  const objects = whole.map((line, index) => parseLine(line, index + 1));
  const header = readHeader(objects[0], rest);
  const cutAt = objects.findIndex((json) => json['type'] === 'cut');
  if (cutAt >= 0 && cutAt < objects.length - 1) {
    throw new TranscriptError(cutAt + 2, 'the end of the transcript after the line "cut"', 'another line');
  }
  const entries = objects.slice(1, cutAt < 0 ? undefined : cutAt).map((json, index) => {
    const line = index + 2;
    return { line, json, event: readEvent(membersOf(json, line)) };
  });
  return { header, entries, cut: cutAt >= 0 ? 'size' : whole === lines && rest !== '' ? 'line' : undefined };
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function parseLine(text: string, line: number): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TranscriptError(line, 'a JSON object', describeJson(text === '' ? undefined : text, 'an empty line'));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TranscriptError(line, 'a JSON object', describeJson(value));
  }
  return value as Json;
}

function readHeader(json: Json | undefined, rest: string): TranscriptHeader {
  const expected = `{"type":"transcript","version":${transcriptVersion},…}`;
  if (json === undefined) throw new TranscriptError(1, expected, rest === '' ? 'an empty file' : describeJson(rest));
  if (json['type'] !== 'transcript') throw new TranscriptError(1, expected, describeJson(json));
  if (json['version'] !== transcriptVersion) {
    const got = `version ${describeJson(json['version'])}; it was made by another release of ohos-websocket`;
    throw new TranscriptError(1, `version ${transcriptVersion}`, got);
  }
  const reader = membersOf(json, 1);
  return {
    type: 'transcript',
    version: transcriptVersion,
    created: reader.string('created'),
    timeOrigin: reader.number('timeOrigin'),
    redacted: reader.boolean('redacted'),
    package: reader.string('package'),
    node: reader.string('node'),
  };
}

function membersOf(json: Json, line: number): JsonMembers {
  return new JsonMembers(json, (expected, got) => new TranscriptError(line, expected, got));
}
