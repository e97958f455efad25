import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Channel, ObservedEvent } from '../../lib/protocol/recording/events.js';
import { reports } from '../../lib/protocol/recording/reports.js';
import type { Har } from '../../lib/trace/har.js';
import { startTrace } from '../../lib/trace/start-trace.js';
import { readTranscript } from '../../lib/trace/transcript-reader.js';
import { events } from './recording.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

function publish(event: ObservedEvent): void {
  const name: Channel = reports[event.type].channel;
  channel(`ohos-websocket:${name}`).publish(event);
}

describe('a trace', () => {
  it('goes into a transcript until it is ended', () => {
    const file = path.join(folder, 'trace.jsonl');
    const all = events(1);
    const end = startTrace({ file });
    for (const event of all.slice(0, -1)) publish(event);
    end();
    publish(all.at(-1)!);
    assert.deepEqual(
      readTranscript(file).entries.map(({ event }) => event.type),
      all.slice(0, -1).map(({ type }) => type),
    );
  });

  it('goes into a HAR file', () => {
    const file = path.join(folder, 'trace.har');
    const end = startTrace({ file });
    for (const event of events(1)) publish(event);
    end();
    const { log } = JSON.parse(readFileSync(file, 'utf8')) as Har;
    assert.equal(log.entries[0]!._webSocketMessages.length, 2);
  });

  it('has the process and the thread in the name of its file', () => {
    startTrace({ file: path.join(folder, 'name-%p.jsonl'), thread: 3 })();
    assert.ok(readdirSync(folder).includes(`name-${process.pid}-thread-3.jsonl`));
  });

  it('goes into a file of lines', () => {
    const file = path.join(folder, 'trace.txt');
    const end = startTrace({ file });
    for (const event of events(1)) publish(event);
    end();
    assert.match(readFileSync(file, 'utf8'), /^#1 \+0\.000 {3}connecting .*\n(#1 .*\n)+#1 .* closed 1005 .*\n$/);
  });

  it('goes into no file with another ending', () => {
    assert.throws(() => startTrace({ file: 'trace.xml' }), {
      name: 'TraceFileError',
      message:
        'cannot write the trace to "trace.xml": expected a name that ends in .txt (lines), .jsonl (a transcript) or .har',
    });
  });
});
