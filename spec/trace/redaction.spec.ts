import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Secrets } from '../../lib/protocol/secrets.js';
import { transcriptToHar } from '../../lib/trace/har.js';
import { TraceLines } from '../../lib/trace/lines.js';
import { EventRedactor, HeadRedactor } from '../../lib/trace/redaction.js';
import { replay } from '../../lib/trace/replay.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { frameOf } from '../peer/frames.js';
import { Recording, type RecordingSetup } from './recording.js';

function redact(text: string, chunkSize: number, secrets = none): string {
  const redactor = new HeadRedactor(secrets);
  const bytes = Buffer.from(text, 'latin1');
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(redactor.redact(bytes.subarray(at, at + chunkSize)));
  return Buffer.concat(chunks).toString('latin1');
}

const none = Secrets.ofAuthorization(undefined);

describe('redaction', () => {
  const cases: [what: string, text: string, redacted: string][] = [
    [
      'a field',
      'HTTP/1.1 101 OK\r\nSet-Cookie: a=b; Secure\r\nX: y\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: **** ******\r\nX: y\r\n\r\n',
    ],
    [
      'several fields',
      'HTTP/1.1 101 OK\r\nset-cookie:a\r\nSET-COOKIE:b\r\n\r\n',
      'HTTP/1.1 101 OK\r\nset-cookie:*\r\nSET-COOKIE:*\r\n\r\n',
    ],
    [
      'a value with bytes above 0x7F and a colon',
      'HTTP/1.1 101 OK\r\nSet-Cookie: é:x\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: ***\r\n\r\n',
    ],
    [
      'the details of a challenge',
      'HTTP/1.1 401 No\r\nWWW-Authenticate:  Digest realm="a b"\r\nX: y\r\n\r\n',
      'HTTP/1.1 401 No\r\nWWW-Authenticate:  Digest ******** **\r\nX: y\r\n\r\n',
    ],
    [
      'the query of a URL',
      'HTTP/1.1 302 No\r\nLocation: /a?b=c?d\r\nX: y?\r\n\r\n',
      'HTTP/1.1 302 No\r\nLocation: /a?*****\r\nX: y?\r\n\r\n',
    ],
    [
      'a folded field',
      'HTTP/1.1 101 OK\r\nSet-Cookie: a\r\n b\r\nX: y\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: *\r\n *\r\nX: y\r\n\r\n',
    ],
    [
      'the head only, not what follows',
      'HTTP/1.1 403 No\r\nX: y\r\n\r\nSet-Cookie: a\r\n',
      'HTTP/1.1 403 No\r\nX: y\r\n\r\nSet-Cookie: a\r\n',
    ],
    [
      'the head after an interim one',
      'HTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 101 OK\r\nSet-Cookie: a\r\n\r\n',
      'HTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 101 OK\r\nSet-Cookie: *\r\n\r\n',
    ],
    [
      'no frame after a 101',
      'HTTP/1.1 101 OK\r\n\r\n\x81\x0dSet-Cookie: a',
      'HTTP/1.1 101 OK\r\n\r\n\x81\x0dSet-Cookie: a',
    ],
    [
      'a value but not the control characters that break a rule',
      'HTTP/1.1 101 OK\r\nSet-Cookie: a\0b\rc\r\n\r\n',
      'HTTP/1.1 101 OK\r\nSet-Cookie: *\0*\r*\r\n\r\n',
    ],
  ];
  for (const [what, text, redacted] of cases) {
    it(`of received bytes, in chunks of any size, blots out ${what}`, () => {
      for (const chunkSize of [1, 2, 3, 7, 1000]) assert.equal(redact(text, chunkSize), redacted);
    });
  }

  it('leaves the bytes of its caller alone', () => {
    const bytes = Buffer.from('HTTP/1.1 101 OK\r\nSet-Cookie: a\r\n\r\n');
    const copy = Buffer.from(bytes);
    new HeadRedactor(none).redact(bytes);
    assert.deepEqual(bytes, copy);
  });
});

describe('what a peer repeats', () => {
  const secrets = Secrets.ofRequest({
    resource: '/',
    subprotocols: ['bearer-websword'],
    fields: [['Cookie', 'id=swordfish; other=open sesame']],
  });
  const cases: [what: string, text: string, redacted: RegExp][] = [
    ['in a field', 'HTTP/1.1 101 OK\r\nX: a swordfish!\r\n\r\n', /X: [a*] \*{9}!\r/],
    ['in another case', 'HTTP/1.1 101 OK\r\nX: SWORDFISH\r\n\r\n', /X: [*#]{9}\r/],
    ['escaped', 'HTTP/1.1 101 OK\r\nX: %73wordfis%68\r\n\r\n', /X: [*#]{13}\r/],
    ['with white space in it', 'HTTP/1.1 101 OK\r\nX: open sesame\r\n\r\n', /X: \*{4} \*{6}\r/],
    ['in the body of a refusal', 'HTTP/1.1 403 No\r\nX: y\r\n\r\nno swordfish', /\r\n\r\nno .{0,3}\*{6,9}$/],
    ['as the reason', 'HTTP/1.1 403 swordfish\r\n\r\n', /^HTTP\/1\.1 403 .{0,3}\*{6,9}\r\n\r\n$/],
  ];
  for (const [what, text, redacted] of cases) {
    it(`is blotted out of received bytes, in chunks of any size: ${what}`, () => {
      for (const chunkSize of [1, 2, 3, 7, 1000]) {
        const shown = redact(text, chunkSize, secrets);
        assert.equal(shown.length, text.length);
        assert.match(shown, redacted);
      }
    });
  }

  it('is blotted out of no field that a verdict rests on, when it only starts like a secret', () => {
    const head = 'HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: open\r\n\r\n';
    for (const chunkSize of [1, 2, 3, 7, 1000])
      assert.equal(redact(head, chunkSize, secrets).slice(0, -9), head.slice(0, -9));
  });

  it("is left in the frames after a 101, which are the program's", () => {
    const text = 'HTTP/1.1 101 OK\r\n\r\n\x81\x09swordfish';
    assert.equal(redact(text, 1000, secrets), text);
  });

  const token = 'base64url.bearer.authorization.k8s.io.c3dvcmRmaXNoLXRva2Vu';
  const basic = btoa('me:open sesame');
  const setup: RecordingSetup = {
    subprotocols: ['v4.channel.k8s.io', token],
    fields: [
      ['Authorization', `Basic ${basic}`],
      ['Cookie', 'id=sturgeon'],
    ],
  };
  const stories: [what: string, make: (recording: Recording, chunkSize: number) => Recording][] = [
    [
      'a chosen token',
      (recording) => recording.accept(`Sec-WebSocket-Protocol: ${token}`).receive(frameOf(0x88)).expire(),
    ],
    ['a token in another case', (recording) => recording.accept(`Sec-WebSocket-Protocol: ${token.toUpperCase()}`)],
    [
      'fields of a 101',
      (recording) => recording.accept(`X: ${basic}`, 'Y: open%20sesame', 'Z: STURGEON').receive(frameOf(0x88)),
    ],
    [
      'a refusal',
      (recording, chunkSize) =>
        recording.receive(
          `HTTP/1.1 401 no me:open sesame\r\nX-Echo: Basic ${basic}\r\nContent-Length: 60\r\n\r\n` +
            `${'you sent sturgeon, Open+Sesame and c3dvcmRmaXNoLXRva2Vu'.padEnd(60)}`,
          chunkSize,
        ),
    ],
    ['a wrong Upgrade', (recording) => recording.receive(`HTTP/1.1 101 OK\r\nUpgrade: sturgeon\r\n\r\n`)],
    [
      'a cut quotation',
      (recording) => recording.receive(`HTTP/1.1 101 OK\r\nUpgrade: ${'x'.repeat(55)}sturgeon\r\n\r\n`),
    ],
    ['an extension', (recording) => recording.accept('Sec-WebSocket-Extensions: sturgeon; a="b')],
    ['no HTTP', (recording) => recording.receive('sturgeon\r\n\r\n')],
  ];
  const shown = /c3dvcmRm|swordfish|sesame|sturgeon|sturg|bWU6b3Bl|open%20/i;
  for (const [what, make] of stories) {
    it(`shows nowhere, and the transcript replays: ${what}`, () => {
      for (const chunkSize of [1, 5, 1000]) {
        const { text } = make(new Recording(setup), chunkSize);
        const transcript = parseTranscript(text);
        const { difference } = replay(transcript);
        assert.equal(difference, undefined, JSON.stringify(difference));
        assert.doesNotMatch(text, shown);
        for (const { event } of transcript.entries) {
          if (event.type === 'call' && event.call.method === 'receive')
            assert.doesNotMatch(Buffer.from(event.call.bytes).toString('latin1'), shown);
        }
        assert.doesNotMatch(JSON.stringify(transcriptToHar(transcript)), shown);

        const raw = parseTranscript(make(new Recording({ ...setup, secrets: true }), chunkSize).text);
        const lines = new TraceLines();
        for (const { event } of raw.entries) assert.doesNotMatch(lines.format(event), shown);
        assert.equal(replay(raw).difference, undefined, 'with the secrets left in');
      }
    });
  }

  it('is in the events themselves, which are for programs', () => {
    const raw = parseTranscript(new Recording({ ...setup, secrets: true }).accept(`X: ${basic}`).text);
    const event = raw.entries.map((entry) => entry.event).find(({ type }) => type === 'response')!;
    assert.match(JSON.stringify(event), new RegExp(basic));
    assert.doesNotMatch(JSON.stringify(new EventRedactor().redact(raw.entries[0]!.event)), shown);
  });
});
