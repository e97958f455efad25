import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { TraceLines, type TraceLinesOptions } from '../../lib/trace/lines.js';
import { replay } from '../../lib/trace/replay.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { frameOf } from '../peer/frames.js';
import { Recording } from './recording.js';

/** The lines of a recording, without the connection and the time. */
function lines(recording: Recording, options: TraceLinesOptions = {}): string[] {
  const trace = new TraceLines(options);
  const printed: string[] = [];
  replay(parseTranscript(recording.text), (event) => printed.push(trace.format(event)));
  return printed
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/^#1 \+\d+\.\d{3} /, ''));
}

/** The lines after the opening handshake. */
function linesAfterOpen(recording: Recording): string[] {
  const all = lines(recording);
  return all.slice(all.findIndex((line) => line.startsWith('  open')) + 1);
}

describe('trace lines', () => {
  it('start with the connection and the seconds since it started', () => {
    const trace = new TraceLines();
    assert.equal(
      trace.format({ connection: 3, time: 5000, type: 'connecting', url: 'ws://h/' }),
      '#3 +0.000   connecting to ws://h/\n',
    );
    assert.equal(
      trace.format({ connection: 3, time: 6234.5, type: 'open', subprotocol: 'a', extensions: '' }),
      '#3 +1.234   open, subprotocol a\n',
    );
  });

  it('show the heads of the opening handshake, credentials blotted out', () => {
    const recording = new Recording({ fields: [['Cookie', 'id=1']] }).accept('Set-Cookie: id=2');
    const shown = lines(recording);
    assert.equal(shown[0], '  connecting to ws://example.test/chat');
    assert.equal(shown[1], '> GET /chat HTTP/1.1');
    assert.ok(shown.includes('>   Cookie: ****'));
    assert.ok(shown.includes('< HTTP/1.1 101 Switching Protocols'));
    assert.ok(shown.includes('<   Set-Cookie: ****'));
    assert.equal(shown.at(-1), '  open');
  });

  it('show credentials when asked to', () => {
    const recording = new Recording({ secrets: true, fields: [['Cookie', 'id=1']] }).accept();
    assert.ok(lines(recording, { secrets: true }).includes('>   Cookie: id=1'));
    assert.ok(lines(recording).includes('>   Cookie: ****'));
  });

  it('tell text from binary, and sent from received', () => {
    const recording = new Recording()
      .accept()
      .do((session) => session.sendText('grüße'))
      .do((session) => session.sendBinary(Buffer.from([1, 2, 255])))
      .receive(
        Buffer.concat([frameOf(0x81, 'hi'), frameOf(0x82, Buffer.from([0])), frameOf(0x89, 'p'), frameOf(0x8a)]),
      );
    assert.deepEqual(linesAfterOpen(recording), [
      '> TEXT "grüße" [7 bytes]',
      '> BINARY 01 02 ff [3 bytes]',
      '< TEXT "hi" [2 bytes]',
      '< BINARY 00 [1 bytes]',
      '< PING "p" [1 bytes]',
      '> PONG "p" [1 bytes]',
      '< PONG [0 bytes]',
    ]);
  });

  it('elide payloads, whatever their size', () => {
    const recording = new Recording()
      .accept()
      .receive(frameOf(0x81, `start${'.'.repeat(5000)}end`))
      .receive(frameOf(0x82, Buffer.alloc(5000, 7)));
    const shown = linesAfterOpen(recording);
    assert.match(shown[0]!, /^< TEXT "start\.+ … \.+end" \[5008 bytes\]$/);
    assert.match(shown[1]!, /^< BINARY (07 ){16}… \[5000 bytes\]$/);
    for (const line of shown) assert.ok(line.length < 100);
  });

  it('show the whole of a message that came in fragments', () => {
    const recording = new Recording()
      .accept()
      .receive(Buffer.concat([frameOf(0x01, 'a'), frameOf(0x00, 'b'), frameOf(0x80, 'c'), frameOf(0x81, 'd')]));
    assert.deepEqual(linesAfterOpen(recording), [
      '< TEXT "a" [1 bytes, to be continued]',
      '< CONTINUATION "b" [1 bytes, to be continued]',
      '< CONTINUATION "c" [1 bytes]',
      '<   whole text message "abc" [3 bytes]',
      '< TEXT "d" [1 bytes]',
    ]);
  });

  it('show what a compressed message says', () => {
    const recording = new Recording({ deflate: { threshold: 0 } })
      .accept('Sec-WebSocket-Extensions: permessage-deflate')
      .do((session) => session.sendText('hello '.repeat(20)))
      .do((session) => session.sendText('?'));
    const [compressed, message, ...more] = linesAfterOpen(recording);
    assert.match(compressed!, /^> TEXT ([0-9a-f]{2} ?)+ (… )?\[\d+ bytes, compressed\]$/);
    assert.match(message!, /^> {3}whole text message "hello .*\[120 bytes\]$/);
    assert.deepEqual(more, ['> TEXT "?" [1 bytes]']);
  });

  it('mark a broken rule with its section, and tell how the connection ended', () => {
    const recording = new Recording().accept().receive(frameOf(0xc1)).expire();
    assert.deepEqual(linesAfterOpen(recording).slice(0, 2), [
      '< frame FIN RSV1 TEXT [0 bytes] c1 00',
      '! frame-rsv (RFC 6455 §5.2): expected that RSV1, RSV2 and RSV3 are 0 unless an extension that defines them was negotiated; got RSV1 set, at byte 129',
    ]);
  });

  it('show status code and reason of Close frames, and the end', () => {
    const recording = new Recording()
      .accept()
      .do((session) => session.close(4001, 'bye'))
      .receive(frameOf(0x88))
      .do((session) => session.receiveEnd());
    assert.deepEqual(linesAfterOpen(recording), [
      '> CLOSE 4001 "bye"',
      '< CLOSE without a status code',
      '  closed 1005 (no status code received) ""',
    ]);
  });

  it('show the frame that broke a rule, also one of which the start came before', () => {
    const broken = (bytes: Buffer, chunk?: number): string =>
      linesAfterOpen(new Recording().accept().receive(frameOf(0x82, 'ok')).receive(bytes, chunk))[1]!;
    assert.equal(broken(Buffer.from([0xb1]), 1), '< frame FIN RSV2 RSV3 TEXT [the header is not complete] b1');
    const long = frameOf(0x81, `${'x'.repeat(60)}\xff`);
    long[long.length - 1] = 0xff;
    long[long.length - 2] = 0xff;
    assert.match(broken(long, 7), /^< frame FIN TEXT \[62 bytes\] 81 3e (78 ?){30}$/);
  });

  it('show controls as text when they are text, and Close frames that break a rule', () => {
    const recording = new Recording()
      .accept()
      .receive(Buffer.concat([frameOf(0x89, 'hello'), frameOf(0x8a, Buffer.from([0x1b, 0x5b]))]))
      .receive(frameOf(0x88, Buffer.concat([Buffer.from([0x03, 0xe7]), Buffer.from('bye')])));
    const shown = linesAfterOpen(recording).filter((line) => line.startsWith('<'));
    assert.deepEqual(shown, ['< PING "hello" [5 bytes]', '< PONG 1b 5b [2 bytes]', '< CLOSE 999 "bye"']);
  });

  it('blot out what a peer repeats of a secret in control frames and in the frame that breaks a rule', () => {
    const secret = (): Recording => new Recording({ secrets: true, fields: [['Cookie', 'id=swordfish']] }).accept();
    for (const bytes of [
      Buffer.concat([
        frameOf(0x89, 'swordfish'),
        frameOf(0x88, Buffer.concat([Buffer.from([0x03, 0xf0]), Buffer.from('no swordfish')])),
      ]),
      frameOf(0xc1, 'swordfish'),
    ]) {
      const recording = secret()
        .receive(bytes)
        .do((session) => session.receiveEnd());
      assert.doesNotMatch(lines(recording).join('\n'), /swordfish|73 77 6f 72 64/);
      assert.match(lines(recording, { secrets: true }).join('\n'), /swordfish|73 77 6f 72 64/);
    }
  });

  it('show the steps of the way, what TCP and TLS came to, and the time of the response', () => {
    const trace = new TraceLines();
    const stamp = { connection: 1, time: 12, type: 'step', tcp: undefined, tls: undefined } as const;
    const tcp = { address: '::1', port: 443, localPort: 4000 };
    const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', certificate: 'a\u202eb', resumed: true };
    assert.deepEqual(
      [
        trace.format({ ...stamp, step: 'DNS lookup', duration: 12 }),
        trace.format({ ...stamp, step: 'TCP connection', duration: 1.26, tcp }),
        trace.format({ ...stamp, step: 'TLS handshake', duration: 0.5, tls }),
      ],
      [
        '#1 +0.000   DNS lookup: 12.0 ms\n',
        '#1 +0.000   TCP connection: 1.3 ms, to ::1 port 443, from port 4000\n',
        '#1 +0.000   TLS handshake: 0.5 ms, TLSv1.3, TLS_AES_128_GCM_SHA256, certificate "a\\u202eb", session resumed\n',
      ],
    );
    assert.ok(lines(new Recording().accept()).includes('  HTTP response: 1.0 ms after the request'));
  });

  it('start with the time of day when they are asked to', () => {
    const trace = new TraceLines({ timeOrigin: Date.UTC(2026, 0, 2, 3, 4, 5) });
    assert.equal(
      trace.format({ connection: 3, time: 678.9, type: 'connecting', url: 'ws://h/' }),
      '#3 2026-01-02T03:04:05.678Z   connecting to ws://h/\n',
    );
  });

  it('say why there is no connection', () => {
    const refused = new Recording().receive('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n');
    assert.deepEqual(lines(refused).slice(-3), [
      '! the server answered 403 Forbidden, expected 101 Switching Protocols',
      '<   body: "no\\n"',
      '  not connected',
    ]);
  });

  it('never let a peer move the cursor, colour the terminal or turn the line around', () => {
    const recording = new Recording().accept().receive(frameOf(0x81, '\x1b[31m\r\n\x9b\u202e\u2066'));
    assert.deepEqual(linesAfterOpen(recording), ['< TEXT "\\u001b[31m\\r\\n\\u009b\\u202e\\u2066" [15 bytes]']);
  });

  it('have colours only when asked to, whatever stdout is', () => {
    const event = { connection: 1, time: 0, type: 'connecting', url: 'ws://h/' } as const;
    const escapeCharacter = String.fromCharCode(27);
    assert.ok(!new TraceLines().format(event).includes(escapeCharacter));
    assert.ok(new TraceLines({ colors: true }).format(event).includes(escapeCharacter));
  });
});
