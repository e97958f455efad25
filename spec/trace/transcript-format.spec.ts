import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { describeDifference, replay } from '../../lib/trace/replay.js';
import { TranscriptEncoder } from '../../lib/trace/transcript-format.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';

/** Made by release 1.0: `recordings` has every way to end on a virtual clock, `echo` is of two real connections. */
function transcriptOf10(name: 'recordings' | 'echo'): string {
  return readFileSync(new URL(`../../../spec/trace/transcripts/1.0-${name}.jsonl`, import.meta.url), 'utf8');
}

describe('a transcript of release 1.0', () => {
  for (const name of ['recordings', 'echo'] as const) {
    const text = transcriptOf10(name);

    it(`is replayed: ${name}`, () => {
      const { difference, events } = replay(parseTranscript(text));
      assert.equal(difference && describeDifference(difference), undefined);
      assert.equal(events, text.trimEnd().split('\n').length - 1);
    });

    it(`is written again as it was read, byte for byte: ${name}`, () => {
      const encoder = new TranscriptEncoder(false);
      const lines = text.split('\n');
      for (const { line, event } of parseTranscript(text).entries) {
        assert.equal(JSON.stringify(encoder.encode(event)), inOrder(lines[line - 1]!));
      }
    });
  }
});

/** The limits of the recordings come from a spec, which had them in another order than connections have. */
function inOrder(line: string): string {
  return line.replace(/"limits":(\{.*?\})/, (_, limits: string) => {
    const { maxHeadSize, maxHeadFields, maxFragments, maxMessageSize, closeTimeout } = JSON.parse(limits);
    return `"limits":${JSON.stringify({ maxHeadSize, maxHeadFields, maxFragments, maxMessageSize, closeTimeout })}`;
  });
}
