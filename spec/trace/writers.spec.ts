import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ObservedEvent } from '../../lib/protocol/recording/events.js';
import { type Har, transcriptToHar } from '../../lib/trace/har.js';
import { HarWriter } from '../../lib/trace/har-writer.js';
import { parseTranscript, readTranscript } from '../../lib/trace/transcript-reader.js';
import { TranscriptWriter } from '../../lib/trace/transcript-writer.js';
import { frame, Recording } from './recording.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

function file(name: string): string {
  return path.join(folder, name);
}

/** What a connection tells, as it is read back from a transcript. */
function events(connection: number): ObservedEvent[] {
  const recording = new Recording({ connection, fields: [['Cookie', 'id=swordfish']], secrets: true })
    .accept()
    .do((session) => session.sendText(`grüße ${connection}`))
    .receive(frame(0x82, 'data'))
    .receive(frame(0x88))
    .do((session) => session.receiveEnd());
  return parseTranscript(recording.text).entries.map(({ event }) => event);
}

/** Several connections at a time, one event of each in turn. */
function interleaved(...connections: number[]): ObservedEvent[] {
  const all = connections.map(events);
  return all[0]!.flatMap((_, index) => all.map((list) => list[index]!));
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

describe('the writer of HAR files', () => {
  function write(name: string, list: readonly ObservedEvent[], options = {}, check = (_: Har): void => {}): Har {
    const writer = new HarWriter(file(name), options);
    const read = (): Har => JSON.parse(readFileSync(file(name), 'utf8')) as Har;
    check(read());
    for (const event of list) {
      writer.write(event);
      check(read());
    }
    writer.close();
    return read();
  }

  it('leaves a whole file after every event, with every message so far, for connections at the same time', () => {
    const list = interleaved(1, 2, 3);
    let at = -1;
    write('whole.har', list, {}, (har) => {
      const soFar = list.slice(0, ++at);
      const messages = har.log.entries.flatMap(({ _webSocketMessages }) => _webSocketMessages);
      assert.equal(messages.length, soFar.filter(({ type }) => type === 'message').length);
      assert.equal(har.log.entries.length, soFar.filter(({ type }) => type === 'connecting').length);
    });
  });

  it('comes to the same as the conversion of the transcript', () => {
    const list = interleaved(1, 2);
    const name = file('converted.jsonl');
    const transcript = new TranscriptWriter(name);
    for (const event of list) transcript.write(event);
    transcript.close();
    const converted = transcriptToHar(readTranscript(name));
    assert.deepEqual(write('converted.har', list), JSON.parse(JSON.stringify(converted)));
  });

  it('blots out credentials unless it is told to keep them', () => {
    assert.doesNotMatch(JSON.stringify(write('hidden.har', events(1))), /swordfish/);
    assert.match(JSON.stringify(write('kept.har', events(1), { secrets: true })), /swordfish/);
  });

  it('stops at its largest size, with a whole file', () => {
    write('uncut.har', events(1));
    const maxSize = statSync(file('uncut.har')).size - 20;
    const har = write('cut.har', events(1), { maxSize });
    assert.ok(statSync(file('cut.har')).size <= maxSize);
    assert.equal(har.log.entries[0]!._webSocketMessages.length, 1);
  });
});
