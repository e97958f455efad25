import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import type { ObservedEvent } from '../../lib/protocol/recording/events.js';
import { describeDifference, parseTranscript, replay } from '../../lib/trace/replay.js';
import { frameOf } from '../peer/frames.js';
import { Recording, type RecordingSetup } from './recording.js';

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;

/** Connections that end in every way there is. */
const recordings: Record<string, () => Recording> = {
  'a conversation and a closing handshake': () =>
    new Recording({ subprotocols: ['chat', 'other'] })
      .accept('Sec-WebSocket-Protocol: chat')
      .do((session) => session.sendText('hello'))
      .do((session) => session.sendBinary(Buffer.from([0, 1, 255])))
      .receive(
        Buffer.concat([frameOf(FIN_TEXT, 'hello'), frameOf(FIN_BINARY, Buffer.from([0, 1, 255])), frameOf(PING, 'x')]),
      )
      .do((session) => session.close(1000, 'bye'))
      .receive(frameOf(CLOSE, Buffer.from([0x03, 0xe8])))
      .do((session) => session.receiveEnd()),
  'every byte in a chunk of its own': () =>
    new Recording()
      .accept()
      .receive(Buffer.concat([frameOf(0x01, 'frag'), frameOf(PING), frameOf(0x00, 'men'), frameOf(0x80, 'ted')]), 1)
      .receive(frameOf(CLOSE, Buffer.from([0x0f, 0xa0])), 1)
      .do((session) => session.receiveEnd()),
  'text that is not ASCII, in short and in long messages': () =>
    new Recording()
      .accept()
      .do((session) => session.sendText('ü'))
      .do((session) => session.sendText('日本語 \ud800 \u0000'))
      .do((session) => session.sendText('é'.repeat(100_000)))
      .receive(frameOf(FIN_TEXT, 'grüße'))
      .do((session) => session.receiveEnd()),
  'what listeners do while a message is delivered': () =>
    new Recording({
      on: {
        open: (session) => session.sendText('first'),
        text: (session) => session.sendText('answer'),
        binary: (session) => session.close(1001, 'enough'),
        failed: (session) => session.close(1000, 'too late'),
      },
    })
      .accept()
      .receive(
        Buffer.concat([
          frameOf(FIN_TEXT, 'a'),
          frameOf(FIN_TEXT, 'b'),
          frameOf(FIN_BINARY, 'c'),
          frameOf(FIN_TEXT, 'd'),
        ]),
      )
      .do((session) => session.receiveEnd(new Error('read ECONNRESET'))),
  'a broken rule of framing': () =>
    new Recording()
      .accept()
      .receive(Buffer.concat([frameOf(FIN_TEXT, 'fine'), frameOf(0xc1, 'RSV1')]))
      .expire()
      .do((session) => session.receiveEnd()),
  'text that is not UTF-8, proved in the middle of a frame': () =>
    new Recording()
      .accept()
      .receive(Buffer.concat([Buffer.from([FIN_TEXT, 5]), Buffer.from([0x61, 0xff])]))
      .do((session) => session.receiveEnd()),
  'a message that is too large': () =>
    new Recording({ limits: { maxMessageSize: 10 } })
      .accept()
      .receive(frameOf(FIN_TEXT, 'x'.repeat(11)))
      .expire(),
  'interim responses before the final one': () =>
    new Recording()
      .receive('HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n', 5)
      .accept('Set-Cookie: c=d')
      .receive(frameOf(FIN_TEXT, 'hello'))
      .do((session) => session.receiveEnd()),
  'a wrong Sec-WebSocket-Accept': () =>
    new Recording().receive(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
    ),
  'a response that is no HTTP': () => new Recording().receive('SSH-2.0-OpenSSH_9.6\r\n'),
  'a refused handshake': () =>
    new Recording().receive('HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\nSet-Cookie: a=b\r\n\r\ngo away\n', 7),
  'a refused handshake whose body never ends': () => new Recording().receive('HTTP/1.1 500 Oops\r\n\r\nsorry').expire(),
  'no answer to the handshake': () => new Recording({ handshakeDeadline: 31_000.5 }).expire(),
  'an end in the middle of the head': () =>
    new Recording().receive('HTTP/1.1 101 Swi').do((session) => session.receiveEnd()),
  'a link that is lost': () =>
    new Recording().accept().do((session) => session.receiveEnd(new Error('read ECONNRESET'))),
  'a Close frame that nobody answers': () =>
    new Recording()
      .accept()
      .do((session) => session.close(4000, 'bye'))
      .receive(frameOf(FIN_TEXT, 'late'))
      .expire(),
  'a heartbeat that is answered, then not': () => {
    const recording = new Recording({ pingInterval: 30_000, pongTimeout: 10_000 }).accept();
    const before = recording.sent.length;
    recording.expire();
    const ping = Buffer.from(recording.sent.slice(before), 'latin1');
    const payload = ping.subarray(6).map((byte, index) => byte ^ ping[2 + (index % 4)]!);
    return recording
      .receive(frameOf(PONG, Buffer.from(payload)))
      .expire()
      .expire();
  },
  'a flood of pings while the peer does not read': () =>
    new Recording()
      .accept()
      .do((session) => (session.congested = true))
      .receive(Buffer.concat([frameOf(PING, 'one'), frameOf(PING, 'two')]))
      .do((session) => (session.congested = true))
      .do((session) => (session.congested = false))
      .do((session) => session.ping(Buffer.from('ours')))
      .receive(frameOf(PONG, 'unsolicited'))
      .do((session) => session.receiveEnd()),
  'input that is held back, during which the heartbeat rests': () => {
    const recording = new Recording({ pingInterval: 30_000, pongTimeout: 10_000 }).accept();
    recording.do((session) => (session.paused = true));
    recording.now += 60_000;
    return recording
      .do((session) => session.expire())
      .do((session) => (session.paused = false))
      .expire()
      .do((session) => session.receiveEnd());
  },
  'compressed messages': () => {
    const compress = (text: string): Buffer => zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    return new Recording({ deflate: { threshold: 0 } })
      .accept('Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover')
      .do((session) => session.sendText('hello '.repeat(50)))
      .do((session) => session.sendText('hello '.repeat(50)))
      .do((session) => session.sendText('?'))
      .receive(frameOf(0xc1, compress('hello '.repeat(50)).subarray(0, -4)))
      .receive(frameOf(0xc1, 'no deflate data'))
      .expire();
  },
  'an attempt that never got a session': () => {
    const recording = new Recording();
    recording.recorder.abandon({ message: 'DNS lookup failed', status: 0, body: undefined });
    return recording;
  },
  'credentials': () =>
    new Recording({
      fields: [
        ['Authorization', 'Bearer open sesame'],
        ['Cookie', 'id=swordfish'],
      ],
    }).receive('HTTP/1.1 401 Unauthorized\r\nSet-Cookie: id=sturgeon\r\nContent-Length: 0\r\n\r\n', 3),
};

function record(name: string): Recording {
  return recordings[name]!();
}

describe('replay', () => {
  for (const name of Object.keys(recordings)) {
    it(`does the same: ${name}`, () => {
      const { text } = record(name);
      const events: ObservedEvent[] = [];
      const result = replay(parseTranscript(text), (event) => events.push(event));
      assert.equal(result.difference && describeDifference(result.difference), undefined);
      assert.equal(result.events, text.trimEnd().split('\n').length - 1);
      assert.equal(events.length, result.events);
    });
  }

  it('tells of a lost link in the words that the program was told', () => {
    const recording = new Recording()
      .accept()
      .do((session) => session.receiveEnd(new Error('alert 46'), ['it refused us']));
    assert.match(recording.text, /"message":"the connection was lost without a Close frame: it refused us"/);
    assert.equal(replay(parseTranscript(recording.text)).difference, undefined);
  });

  it('turns a transcript into a test in three lines', () => {
    const transcript = parseTranscript(record('a broken rule of framing').text);
    const { difference } = replay(transcript);
    assert.equal(difference, undefined);
  });

  it('does the same as far as a transcript goes that a crash ended, after any line', () => {
    for (const name of Object.keys(recordings)) {
      const lines = record(name).text.split('\n');
      for (let size = 1; size < lines.length; size++) {
        const { difference } = replay(parseTranscript(lines.slice(0, size).join('\n')));
        assert.equal(difference && describeDifference(difference), undefined, `${name}, ${size} lines`);
      }
    }
  });

  it('says at which line it first went another way, and in what', () => {
    const lines = record('a conversation and a closing handshake').text.split('\n');
    const at = lines.findIndex((line) => line.includes('"type":"message"') && line.includes('"received"'));
    lines[at] = lines[at]!.replace('"text":"hello"', '"text":"hullo"');
    const { difference } = replay(parseTranscript(lines.join('\n')));
    assert.equal(difference!.line, at + 1);
    assert.equal(
      describeDifference(difference!),
      `line ${at + 1} (connection 1), message: text is "hullo" in the transcript, "hello" in the replay`,
    );
  });

  it('sees an event that is missing, one too many, and one after the end', () => {
    const lines = record('a conversation and a closing handshake').text.trimEnd().split('\n');
    const open = lines.findIndex((line) => line.includes('"type":"open"'));
    const missing = replay(parseTranscript(lines.toSpliced(open, 1).join('\n'))).difference!;
    assert.deepEqual([missing.line, missing.got!['type']], [open + 1, 'open']);
    const more = replay(parseTranscript(lines.toSpliced(open, 0, lines[open]!).join('\n'))).difference!;
    assert.equal(more.line, open + 2);
    assert.equal(more.got, undefined);
    assert.match(
      describeDifference(more),
      /^line \d+ \(connection 1\): the transcript has \{"type":"open".*, the replay nothing$/,
    );
  });

  it('sees another verdict on bytes that were changed', () => {
    const { text } = record('a broken rule of framing');
    const good = Buffer.concat([frameOf(FIN_TEXT, 'fine'), frameOf(0xc1, 'RSV1')]).toString('base64');
    const changed = Buffer.concat([frameOf(FIN_TEXT, 'fine'), frameOf(FIN_TEXT, 'RSV1')]).toString('base64');
    assert.ok(text.includes(good));
    assert.ok(replay(parseTranscript(text.replace(good, changed))).difference);
  });

  it('replays several connections, whose lines are interleaved', () => {
    const [head, ...one] = new Recording({ connection: 1 })
      .accept()
      .receive(frameOf(FIN_TEXT, 'one'))
      .text.trimEnd()
      .split('\n');
    const [, ...two] = new Recording({ connection: 2 })
      .accept()
      .receive(frameOf(FIN_TEXT, 'two'))
      .text.trimEnd()
      .split('\n');
    const mixed = [head, ...one.flatMap((line, index) => [line, two[index]!])].join('\n');
    const { difference, connections, events } = replay(parseTranscript(mixed));
    assert.equal(difference, undefined);
    assert.deepEqual([connections, events], [2, one.length * 2]);
  });

  it('shows the peer nothing of credentials that were blotted out, and does the same', () => {
    const hidden = record('credentials').text;
    const received = [...hidden.matchAll(/"bytes":"([^"]*)"/g)].map(([, bytes]) => Buffer.from(bytes!, 'base64'));
    const seen = hidden + Buffer.concat(received).toString('latin1');
    assert.match(seen, /Set-Cookie: \*+\r/);
    assert.doesNotMatch(seen, /sesame|swordfish|sturgeon/);
    assert.equal(replay(parseTranscript(hidden)).difference, undefined);
  });

  it('keeps credentials when asked to, and does the same', () => {
    const setup: RecordingSetup = { secrets: true, fields: [['Cookie', 'id=swordfish']] };
    const { text } = new Recording(setup).receive(
      'HTTP/1.1 401 No\r\nSet-Cookie: id=sturgeon\r\nContent-Length: 0\r\n\r\n',
    );
    assert.match(text, /swordfish/);
    assert.match(text, /sturgeon/);
    assert.equal(replay(parseTranscript(text)).difference, undefined);
  });

  it('refuses a call that no session can have taken, and says where', () => {
    const changes: [name: string, from: string, to: string][] = [
      ['a Close frame that nobody answers', '"code":4000', '"code":70000'],
      ['compressed messages', ',"deflate":{"threshold":0}', ''],
    ];
    for (const [name, from, to] of changes) {
      const { text } = record(name);
      assert.ok(text.includes(from), from);
      assert.throws(() => replay(parseTranscript(text.replace(from, to))), {
        name: 'TranscriptError',
        message: /^line \d+: expected a call that the session can take, got .+/,
      });
    }
  });

  it('refuses lines in an order that no session can have made', () => {
    const lines = record('a link that is lost').text.trimEnd().split('\n');
    const withoutSession = lines.filter(
      (line) => !line.includes('"type":"session"') && !line.includes('"type":"request"'),
    );
    assert.throws(() => replay(parseTranscript(withoutSession.join('\n'))), {
      name: 'TranscriptError',
      message: 'line 3: expected the line "session" before any call, got receive',
    });
  });

  describe('holds no more than the transcript can have', () => {
    const inflated = Buffer.alloc(2 ** 23, 'a');
    const finishFlush = zlib.constants.Z_SYNC_FLUSH;
    const bomb = frameOf(0xc1, zlib.deflateRawSync(inflated, { finishFlush }).subarray(0, -4));
    const start = (): Recording =>
      new Recording({ deflate: { threshold: 0 }, limits: { maxMessageSize: Infinity } }).accept(
        'Sec-WebSocket-Extensions: permessage-deflate',
      );
    /** A call that nothing came of yet. */
    const call = (bytes: Buffer): string =>
      `{"type":"call","connection":1,"time":2000,"depth":0,"method":"receive","bytes":"${bytes.toString('base64')}"}\n`;
    const frameLine = (text: string): string => text.split('\n').find((line) => line.includes('"type":"frame"'))!;

    it('when a message grows larger than the one that is expected', () => {
      const { text } = start().receive(bomb);
      const small = text.replace(/"text":"a+"/, '"text":"aaa"');
      assert.notEqual(small, text);
      const { difference } = replay(parseTranscript(small));
      assert.deepEqual(difference!.got, { type: 'message', direction: 'received', size: 'more than 65539 bytes' });
      assert.equal(replay(parseTranscript(text)).difference, undefined);
    });

    it('when the transcript ends before the message', () => {
      const { text } = start();
      const frame = frameLine(start().receive(bomb).text);
      const events: ObservedEvent[] = [];
      const cut = `${text}${call(Buffer.concat([bomb, bomb]))}${frame.replace(/"time":[\d.]+/, '"time":2000')}\n`;
      const { difference } = replay(parseTranscript(cut), (event) => events.push(event));
      assert.equal(difference && describeDifference(difference), undefined);
      assert.deepEqual(
        events.slice(-2).map(({ type }) => type),
        ['call', 'frame'],
      );
    });

    it('when a rule is broken only after much has come out', () => {
      const { text } = new Recording({ deflate: { threshold: 0 }, limits: { maxMessageSize: 2 ** 22 } })
        .accept('Sec-WebSocket-Extensions: permessage-deflate')
        .receive(bomb)
        .expire();
      assert.match(text, /"id":"message-size"/);
      assert.equal(replay(parseTranscript(text)).difference, undefined);
    });
  });
});
