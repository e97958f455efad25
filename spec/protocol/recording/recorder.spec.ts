import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Recorder } from '../../../lib/protocol/recording/recorder.js';
import { frameOf } from '../../peer/frames.js';
import { events, Recording } from '../../trace/recording.js';

describe('a recorder', () => {
  it('reports the story of a connection in order, with one time for all that a call led to', () => {
    const all = events(3);
    assert.deepEqual(
      all.map(({ type }) => type).filter((type) => type !== 'call'),
      [
        'connecting',
        'session',
        'request',
        'response',
        'open',
        'keys',
        'frame',
        'message',
        'frame',
        'message',
        'frame',
        'frame',
        'close',
      ],
    );
    let time = 0;
    for (const event of all) {
      assert.equal(event.connection, 3);
      if (event.type === 'call' || event.type === 'connecting' || event.type === 'session') time = event.time;
      assert.equal(event.time, time);
    }
  });

  it('reports where a message starts that came in fragments', () => {
    const recording = new Recording()
      .accept()
      .receive(Buffer.concat([frameOf(0x01, 'a'), frameOf(0x89, 'ping'), frameOf(0x80, 'b')]));
    const offsets = [...recording.text.matchAll(/"type":"(frame|message)".*?"received","offset":(\d+)/g)];
    assert.deepEqual(
      offsets.map(([, type, offset]) => `${type} ${offset}`),
      ['frame 129', 'frame 132', 'frame 138', 'message 129'],
    );
  });

  it('numbers the depth of calls that a listener makes', () => {
    const recording = new Recording({ on: { text: (session) => session.sendText('answer') } })
      .accept()
      .receive(frameOf(0x81, 'question'));
    assert.match(recording.text, /"type":"call",.*"depth":1,"method":"send","text":"answer"/);
  });

  it('reports nothing after the end of an attempt that was given up', () => {
    const recording = new Recording({ on: { response: () => recording.recorder.abandon(failure) } });
    const failure = { message: 'enough', status: 101, body: undefined };
    recording.accept();
    assert.match(recording.text.trimEnd().split('\n').at(-1)!, /"type":"close".*"message":"enough"/);
  });

  it('builds only what is asked for', () => {
    const built: string[] = [];
    const recorder = new Recorder(
      1,
      () => 0,
      (channel, build) => {
        if (channel === 'close') built.push(build().type);
      },
    );
    recorder.connecting('ws://h/');
    recorder.abandon({
      get message(): string {
        throw new Error('nobody reads it');
      },
      status: 0,
      body: undefined,
    });
    assert.deepEqual(built, ['close']);
  });
});
