import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTranscript, readTranscript } from '../../lib/trace/transcript-reader.js';
import { frameOf } from '../peer/frames.js';
import { Recording } from './recording.js';

const good = new Recording().accept().receive(frameOf(0x81, 'hello')).text;

describe('a transcript', () => {
  it('starts with its version', () => {
    const first = JSON.parse(good.split('\n')[0]!);
    assert.deepEqual([first.type, first.version, first.redacted], ['transcript', 1, true]);
  });

  it('has one event a line, each with its type, connection and time first', () => {
    for (const line of good.trimEnd().split('\n').slice(1))
      assert.match(line, /^\{"type":"\w+","connection":1,"time":[\d.]+/);
  });

  it('is read back as the events that were written', () => {
    const { header, entries, cut } = parseTranscript(good);
    assert.equal(header.version, 1);
    assert.equal(cut, undefined);
    assert.deepEqual(
      entries.map(({ line, event }) => `${line} ${event.type}`),
      ['2 connecting', '3 session', '4 request', '5 call', '6 response', '7 open', '8 call', '9 frame', '10 message'],
    );
    const session = entries[1]!.event;
    assert.ok(session.type === 'session');
    assert.deepEqual(
      [session.handshakeDeadline, session.pingInterval, session.limits.maxFragments],
      [Infinity, 0, 131_072],
    );
    const call = entries[6]!.event;
    assert.ok(call.type === 'call' && call.call.method === 'receive');
    assert.deepEqual(Buffer.from(call.call.bytes), frameOf(0x81, 'hello'));
  });

  it('may be cut off anywhere in its last line', () => {
    const last = good.lastIndexOf('\n', good.length - 2) + 1;
    for (let size = last + 1; size < good.length - 1; size++) {
      const { entries, cut } = parseTranscript(good.slice(0, size));
      assert.deepEqual([entries.at(-1)!.line, cut], [9, 'line'], good.slice(last, size));
    }
    assert.deepEqual(parseTranscript(good.slice(0, -1)).entries.at(-1)!.line, 10);
    assert.equal(parseTranscript(good.slice(0, -1)).cut, undefined);
  });

  it('may say that it was cut at its largest size', () => {
    const { entries, cut } = parseTranscript(`${good}{"type":"cut","maxSize":2000}\n`);
    assert.deepEqual([entries.length, cut], [9, 'size']);
  });

  it('that never ends is given up', { skip: process.platform === 'win32' }, () => {
    assert.throws(
      () => readTranscript('/dev/zero'),
      /^TranscriptError: line 1: expected at most 268435456 bytes in all, got more$/,
    );
  });

  const lines = good.trimEnd().split('\n');
  const replaced = (line: number, from: string, to: string): string => {
    const changed = lines.with(line - 1, lines[line - 1]!.replace(from, to));
    assert.notDeepEqual(changed, lines);
    return `${changed.join('\n')}\n`;
  };
  const header = '{"type":"transcript","version":1,…}';
  const garbage: [what: string, text: string, message: string][] = [
    ['nothing', '', `line 1: expected ${header}, got an empty file`],
    ['text', 'hello', `line 1: expected ${header}, got "hello"`],
    ['a line of text', 'hello\n', 'line 1: expected a JSON object, got "hello"'],
    ['other JSON', '{"log":{}}\n', `line 1: expected ${header}, got {"log":{}}`],
    ['a list', '[]\n', 'line 1: expected a JSON object, got []'],
    [
      'a newer version',
      replaced(1, '"version":1', '"version":2'),
      'line 1: expected version 1, got version 2; it was made by another release of ohos-websocket',
    ],
    ['an empty line', replaced(3, lines[2]!, ''), 'line 3: expected a JSON object, got an empty line'],
    [
      'a broken line',
      replaced(4, '{', ''),
      `line 4: expected a JSON object, got ${JSON.stringify(lines[3]!.slice(1)).slice(0, 60)}…`,
    ],
    [
      'an unknown event',
      replaced(7, '"open"', '"opened"'),
      'line 7: expected the type of an event, e.g. "frame" in "type", got "opened"',
    ],
    [
      'an unknown call',
      replaced(8, '"receive"', '"recieve"'),
      'line 8: expected the method of a call, e.g. "receive" in "method", got "recieve"',
    ],
    ['no time', replaced(9, '"time"', '"tme"'), 'line 9: expected a number in "time", got nothing'],
    [
      'a string for a number',
      replaced(9, '"opcode":1', '"opcode":"text"'),
      'line 9: expected a number in "opcode", got "text"',
    ],
    [
      'bytes that are not base64',
      replaced(8, '"bytes":"gQ', '"bytes":"!!'),
      'line 8: expected base64 in "bytes", got "!!VoZWxsbw=="',
    ],
    [
      'a direction of its own',
      replaced(9, '"received"', '"in"'),
      'line 9: expected "sent" or "received" in "direction", got "in"',
    ],
    [
      'fields that are none',
      replaced(6, '["Upgrade","websocket"]', '"Upgrade"'),
      'line 6: expected a list of [name, value] in "fields", got ',
    ],
    [
      'a limit that is missing',
      replaced(3, '"maxFragments"', '"x"'),
      'line 3: expected a number in "limits.maxFragments", got nothing',
    ],
    [
      'a line after the cut',
      `${lines[0]}\n{"type":"cut","maxSize":1}\n${lines[1]}\n`,
      'line 3: expected the end of the transcript after the line "cut", got another line',
    ],
  ];
  for (const [what, text, message] of garbage) {
    it(`says what is wrong with ${what}, and in which line`, () => {
      assert.throws(
        () => parseTranscript(text),
        (error: Error) => {
          assert.equal(error.name, 'TranscriptError');
          assert.equal(error.message.slice(0, message.length), message);
          return true;
        },
      );
    });
  }
});
