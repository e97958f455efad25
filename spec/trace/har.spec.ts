import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { transcriptToHar } from '../../lib/trace/har.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { frameOf } from '../peer/frames.js';
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

  it('has what a server answered when it refused', () => {
    const { har } = convert(
      new Recording().receive('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno'),
    );
    const { response, _webSocketMessages } = har.log.entries[0]!;
    assert.deepEqual([response.status, response.content.text, response.content.mimeType], [403, 'no', 'text/plain']);
    assert.match(response._error!, /403 Forbidden/);
    assert.deepEqual(_webSocketMessages, []);
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
