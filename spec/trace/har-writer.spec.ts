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
import { events, interleaved, Recording } from './recording.js';

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

  it('keeps to its largest size with connections that have no message, and says that it was cut', () => {
    const maxSize = 8000;
    const list = Array.from({ length: 50 }, (_, index) =>
      events(index + 1).filter(({ type }) => type !== 'message'),
    ).flat();
    const har = write('connections.har', list, { maxSize }, (now) => {
      assert.ok(statSync(file('connections.har')).size <= maxSize);
      assert.ok(now.log.entries.length < 20);
    });
    assert.equal((har.log as { comment?: string }).comment, 'cut at its largest size, 8000 bytes');
    assert.ok(har.log.entries.length > 1);
  });

  it('keeps to its largest size with heads and bodies of refusals', () => {
    const maxSize = 8000;
    const refused = Array.from({ length: 20 }, (_, index) => {
      const recording = new Recording({ connection: index + 1 });
      recording.receive(`HTTP/1.1 403 No\r\nX: ${'x'.repeat(1000)}\r\nContent-Length: 500\r\n\r\n${'y'.repeat(500)}`);
      return parseTranscript(recording.text).entries.map(({ event }) => event);
    });
    write('refusals.har', refused.flat(), { maxSize }, () => {
      assert.ok(statSync(file('refusals.har')).size <= maxSize);
    });
  });

  it('is whole when it is cut at any size', () => {
    const list = interleaved(1, 2);
    write('sizes.har', list);
    const whole = statSync(file('sizes.har')).size;
    for (let maxSize = 300; maxSize < whole + 100; maxSize += 97) {
      write(`size-${maxSize}.har`, list, { maxSize }, () => {
        assert.ok(statSync(file(`size-${maxSize}.har`)).size <= maxSize);
      });
    }
  });
});
