import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { transcriptToHar } from '../../lib/trace/har.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { frameOf } from '../peer/frames.js';
import { problemsOfHar } from './har-schema.js';
import { Recording } from './recording.js';

function convert(recording: Recording) {
  const transcript = parseTranscript(recording.text);
  return { har: transcriptToHar(transcript), header: transcript.header };
}

describe('a HAR file', () => {
  it('has what HAR 1.2 demands', () => {
    const { har, header } = convert(new Recording().accept());
    const { version, creator, pages, entries } = har.log;
    assert.deepEqual([version, creator.name, pages, entries.length], ['1.2', 'ohos-websocket', [], 1]);
    const [entry] = entries;
    assert.equal(entry!.startedDateTime, new Date(header.timeOrigin + 1000).toISOString());
    assert.equal(entry!.request.method, 'GET');
    assert.equal(entry!.request.url, 'ws://example.test/chat');
    assert.equal(entry!.response.status, 101);
    assert.equal(entry!.response.statusText, 'Switching Protocols');
    assert.deepEqual(entry!.request.headers[0], { name: 'Host', value: 'example.test' });
    assert.deepEqual(entry!.response.headers[0], { name: 'Upgrade', value: 'websocket' });
    const { connect, send, wait, receive } = entry!.timings;
    assert.deepEqual([connect, send, wait, receive], [5.123, 0, 1, 0]);
    assert.equal(entry!.time, 6.123);
  });

  it('has the messages as DevTools writes them', () => {
    const { har, header } = convert(
      new Recording()
        .accept()
        .do((session) => session.sendText('grüße'))
        .receive(
          Buffer.concat([
            frameOf(0x01, 'in '),
            frameOf(0x89),
            frameOf(0x80, 'parts'),
            frameOf(0x82, Buffer.from([0, 255])),
          ]),
        ),
    );
    const [entry] = har.log.entries;
    assert.equal(entry!._resourceType, 'websocket');
    const at = (time: number): number => Math.round((header.timeOrigin + time) * 1000) / 1e6;
    assert.deepEqual(entry!._webSocketMessages, [
      { type: 'send', time: at(1007.123), opcode: 1, data: 'grüße' },
      { type: 'receive', time: at(1008.123), opcode: 1, data: 'in parts' },
      { type: 'receive', time: at(1008.123), opcode: 2, data: 'AP8=' },
    ]);
  });

  it('has a failure as a message of type error', () => {
    const { har } = convert(new Recording().accept().do((session) => session.receiveEnd(new Error('ECONNRESET'))));
    const [entry] = har.log.entries;
    assert.deepEqual(
      entry!._webSocketMessages.map(({ type, opcode, data }) => [type, opcode, data]),
      [['error', -1, 'the connection was lost without a Close frame: ECONNRESET']],
    );
    assert.match(entry!.response._error!, /ECONNRESET/);
  });

  it('is valid HAR 1.2, whatever became of the connection', () => {
    const abandoned = new Recording();
    abandoned.recorder.abandon({ message: 'DNS lookup failed', status: 0, body: undefined });
    for (const recording of [
      new Recording({ secrets: true, fields: [['Cookie', 'a=b; c']] }).accept('Set-Cookie: d=e; Path=/; Secure'),
      new Recording().receive('HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n'),
      new Recording().accept().receive(frameOf(0xc1)).expire(),
      abandoned,
    ]) {
      assert.deepEqual(problemsOfHar(convert(recording).har), []);
    }
    assert.notDeepEqual(problemsOfHar({ log: { version: '1.2', entries: [{}] } }), []);
  });

  it('has the times of the steps, the address, the port, and how the connection was closed', () => {
    const recording = new Recording({
      before: ({ recorder }) => {
        const none = { tcp: undefined, tls: undefined };
        recorder.step({ step: 'DNS lookup', duration: 1, ...none });
        recorder.step({
          step: 'TCP connection',
          duration: 0.5,
          tcp: { address: '192.0.2.1', port: 443, localPort: 4000 },
          tls: undefined,
        });
        const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', certificate: 'h', resumed: false };
        recorder.step({ step: 'TLS handshake', duration: 2, tcp: undefined, tls });
      },
    })
      .accept()
      .receive(frameOf(0x88, Buffer.from('\x03\xe9bye', 'latin1')))
      .do((session) => session.receiveEnd());
    const { timings, time, serverIPAddress, connection, _webSocketClose } = convert(recording).har.log.entries[0]!;
    const { blocked, dns, connect, ssl, send, wait, receive } = timings;
    assert.deepEqual([blocked, dns, connect, ssl], [1.623, 1, 2.5, 2]);
    assert.equal(Math.round((blocked + dns + connect + send + wait + receive) * 1000), Math.round(time * 1000));
    assert.deepEqual([serverIPAddress, connection], ['192.0.2.1', '443']);
    assert.deepEqual(_webSocketClose, { code: 1001, reason: 'bye' });
  });

  it('has cookies in parts, the sizes of the heads, and where a server wants to be asked instead', () => {
    const recording = new Recording({ secrets: true, fields: [['Cookie', 'a=b; c="d"']] });
    const answer = 'HTTP/1.1 302 Found\r\nLocation: /there\r\nSet-Cookie: e=f; Path=/; HttpOnly\r\n\r\n';
    const { request, response } = convert(recording.receive(answer)).har.log.entries[0]!;
    assert.deepEqual(request.cookies, [
      { name: 'a', value: 'b' },
      { name: 'c', value: '"d"' },
    ]);
    assert.deepEqual(response.cookies, [{ name: 'e', value: 'f', path: '/', httpOnly: true }]);
    assert.deepEqual([request.headersSize, response.headersSize], [recording.sent.length, answer.length]);
    assert.equal(response.redirectURL, '/there');
  });

  it('has what a server answered when it refused', () => {
    const { har } = convert(
      new Recording().receive('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno'),
    );
    const { response, _webSocketMessages } = har.log.entries[0]!;
    assert.deepEqual([response.status, response.content.text, response.content.mimeType], [403, 'no', 'text/plain']);
    assert.match(response._error!, /403 Forbidden/);
    assert.deepEqual(
      _webSocketMessages.map(({ type, opcode }) => [type, opcode]),
      [['error', -1]],
    );
  });

  it('has an attempt that never got an answer, with status 0', () => {
    const recording = new Recording();
    recording.recorder.abandon({ message: 'DNS lookup failed', status: 0, body: undefined });
    const { response } = convert(recording).har.log.entries[0]!;
    assert.deepEqual([response.status, response._error], [0, 'DNS lookup failed']);
  });

  it('has credentials blotted out, as the transcript has them', () => {
    const { har } = convert(new Recording({ fields: [['Cookie', 'id=swordfish']] }).accept('Set-Cookie: id=sturgeon'));
    assert.doesNotMatch(JSON.stringify(har), /swordfish|sturgeon/);
  });

  it('says that its transcript was cut', () => {
    const { text } = new Recording().accept();
    assert.equal(transcriptToHar(parseTranscript(text)).log.comment, undefined);
    const cut = parseTranscript(`${text}{"type":"cut","maxSize":5}\n`);
    assert.match(transcriptToHar(cut).log.comment!, /cut/);
  });
});
