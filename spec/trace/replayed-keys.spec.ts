import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplayedKeys } from '../../lib/trace/replayed-keys.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { Recording } from './recording.js';

describe('replayed keys', () => {
  it('come in the order in which they were drawn, those that no frame carries as well', () => {
    const recording = new Recording({ pingInterval: 1000 })
      .accept()
      .do((session) => session.sendText('é'))
      .expire()
      .do((session) => session.sendText('x'));
    const events = parseTranscript(recording.text).entries.map(({ event }) => event);
    const drawn = events.flatMap((event) => (event.type === 'keys' ? event.keys : []));
    const last = events.findLast((event) => event.type === 'frame');
    assert.ok(drawn.length > 1 && last?.type === 'frame');
    const keys = new ReplayedKeys(events);
    const expected = events.flatMap((event, index) => {
      if (event.type === 'keys') return event.keys;
      const before = events[index - 1]?.type === 'keys';
      return event.type === 'frame' && event.direction === 'sent' && !before ? [event.maskingKey] : [];
    });
    assert.deepEqual(
      expected.map(() => keys.next()),
      expected,
    );
    assert.equal(keys.next(), 0, 'what the transcript does not have');
  });
});
