import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ObservedEvent } from '../../lib/protocol/recording/events.js';
import { readTranscript } from '../../lib/trace/transcript-reader.js';
import { TranscriptWriter } from '../../lib/trace/transcript-writer.js';
import { events } from './recording.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

function file(name: string): string {
  return path.join(folder, name);
}

describe('the writer of transcripts', () => {
  it('has written every event when it returns', () => {
    const name = file('whole.jsonl');
    const writer = new TranscriptWriter(name);
    const written: ObservedEvent[] = [];
    for (const event of events(1)) {
      writer.write(event);
      written.push(event);
      assert.deepEqual(
        readTranscript(name).entries.map(({ event }) => event.type),
        written.map(({ type }) => type),
      );
    }
    writer.close();
  });

  it('blots out credentials unless it is told to keep them', () => {
    for (const secrets of [false, true]) {
      const name = file(`secrets-${secrets}.jsonl`);
      const writer = new TranscriptWriter(name, { secrets });
      for (const event of events(1)) writer.write(event);
      writer.close();
      assert.equal(readFileSync(name, 'utf8').includes('swordfish'), secrets);
      assert.equal(readTranscript(name).header.redacted, !secrets);
    }
  });

  it('stops at its largest size, and says so in the last line', () => {
    const name = file('cut.jsonl');
    const writer = new TranscriptWriter(name, { maxSize: 1500 });
    for (const event of events(1)) writer.write(event);
    writer.close();
    const transcript = readTranscript(name);
    assert.equal(transcript.cut, 'size');
    assert.ok(transcript.entries.length > 0 && transcript.entries.length < events(1).length);
    assert.ok(statSync(name).size < 1500 + 60);
  });

  it('lets nobody else read the file', { skip: process.platform === 'win32' }, () => {
    const name = file('mode.jsonl');
    new TranscriptWriter(name).close();
    assert.equal(statSync(name).mode & 0o077, 0);
  });
});
