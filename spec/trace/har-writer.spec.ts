import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ObservedEvent } from '../../lib/protocol/recording/events.js';
import { type Har, transcriptToHar } from '../../lib/trace/har.js';
import { HarWriter } from '../../lib/trace/har-writer.js';
import { readTranscript } from '../../lib/trace/transcript-reader.js';
import { TranscriptWriter } from '../../lib/trace/transcript-writer.js';
import { events, interleaved } from './recording.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

function file(name: string): string {
  return path.join(folder, name);
}

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
