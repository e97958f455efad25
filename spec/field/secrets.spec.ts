/** No secret of a request shows in what is reported, whoever repeats it and however it is spelled. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { type BusinessError, webSocket } from '../../lib/index.js';
import { describeDifference, readTranscript, replay } from '../../lib/trace/replay.js';
import { startTrace } from '../../lib/trace/start-trace.js';
import type { Link } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

const token = 'c3dvcmRmaXNoLXRva2VuLXN3b3JkZmlzaA';
const offer = `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${token}`;
const header = { Authorization: `Basic ${btoa('me:open "sesame"')}`, Cookie: 'id=sturgeon' };
const query = '?access_token=haddock%2B1';
/** Any of them, in any spelling of the cases below. */
const secret = /c3dvcmRm|swordfish|bWU6b3Bl|sesame|%73esame|s%65same|sturgeon|s%74urgeon|haddock/i;

type Answer = (link: Link) => void | Promise<void>;

const respond =
  (...lines: string[]): Answer =>
  async (link) => {
    await link.request();
    link.write(`${lines.join('\r\n')}\r\n\r\n`);
    link.end();
  };
const refuse = (reason: string, field: string, body: string): Answer =>
  respond(`HTTP/1.1 401 ${reason}`, `X-Echo: ${field}`, `Content-Length: ${body.length}`, `\r\n${body}`);
const spellings = [
  header.Authorization,
  'me:open "sesame"',
  'open "sesame"',
  'open%20%22%73esame%22',
  'OPEN%20%22s%65same%22',
  'id=sturgeon',
  'STURGEON, s%74urgeon',
  token,
  token.toUpperCase(),
  Buffer.from(token, 'base64url').toString(),
  'haddock+1 haddock%2b1 HADDOCK%252B1',
];

const answers: Record<string, Answer> = {
  'as the reason of a refusal': refuse(spellings.join(' '), '', ''),
  'in a field of a refusal': refuse('Unauthorized', spellings.join(', '), ''),
  'in the body of a refusal': refuse('Unauthorized', '', spellings.join(', ')),
  'in a body that is cut': refuse('Unauthorized', '', `${' '.repeat(1000)}${header.Authorization}`),
  'as the subprotocol, in another case': async (link) =>
    link.accept([`Sec-WebSocket-Protocol: ${token.toUpperCase()}`]).then(() => link.end()),
  'as an extension': async (link) =>
    link.accept([`Sec-WebSocket-Extensions: id=sturgeon; ${token}`]).then(() => link.end()),
  'as a broken extension': async (link) =>
    link.accept([`Sec-WebSocket-Extensions: ${token} sturgeon "`]).then(() => link.end()),
  'as the Accept': respond(
    'HTTP/1.1 101 OK',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${token}`,
  ),
  'as the Upgrade': respond('HTTP/1.1 101 OK', 'Upgrade: open "sesame"'),
  'as the Upgrade, where a message is cut': respond('HTTP/1.1 101 OK', `Upgrade: ${'x'.repeat(52)}sturgeon-${token}`),
  'as a status line': respond(`HTTP/1.1 xxx ${token}`),
  'as the name of a field': respond('HTTP/1.1 101 OK', 'sturgeon : x'),
  'as a name that is none': respond('HTTP/1.1 101 OK', 'id=sturgeon@: x'),
  'instead of HTTP': respond(header.Authorization),
};

/** Connects, fails, and returns the errors and what the trace and the transcript have. */
async function fail(
  t: TestContext,
  answer: Answer,
): Promise<{ errors: BusinessError[]; files: Record<string, string> }> {
  const peer = await startPeer(t, answer);
  const names = { transcript: path.join(folder, 'trace.jsonl'), har: path.join(folder, 'trace.har') };
  const ends = Object.values(names).map((file) => startTrace({ file }));
  const errors: BusinessError[] = [];
  const ws = webSocket.createWebSocket();
  ws.on('error', (error) => errors.push(error));
  await ws
    .connect(`${peer.url}${query}`, { header, protocol: offer })
    .catch((error: BusinessError) => errors.push(error));
  for (const end of ends) end();
  const { difference } = replay(readTranscript(names.transcript));
  assert.equal(difference && describeDifference(difference), undefined);
  const files = Object.fromEntries(Object.entries(names).map(([name, file]) => [name, readFileSync(file, 'utf8')]));
  const received = readTranscript(names.transcript).entries.flatMap(({ event }) =>
    event.type === 'call' && event.call.method === 'receive' ? [Buffer.from(event.call.bytes).toString('latin1')] : [],
  );
  return { errors, files: { ...files, received: received.join('') } };
}

describe('a secret that a server repeats', () => {
  for (const [where, answer] of Object.entries(answers)) {
    it(`shows nowhere: ${where}`, async (t) => {
      const { errors, files } = await fail(t, answer);
      assert.equal(errors.length, 2);
      for (const error of errors) {
        assert.doesNotMatch(error.message, secret);
        assert.doesNotMatch(JSON.stringify(error), secret);
        assert.doesNotMatch(inspect(error.cause), secret);
        assert.ok(error.message.length < 500, error.message);
      }
      for (const [name, content] of Object.entries(files)) assert.doesNotMatch(content, secret, name);
    });
  }

  it('shows nowhere when the server chooses the subprotocol that carries it', async (t) => {
    const { errors, files } = await fail(t, async (link) => {
      await link.accept([`Sec-WebSocket-Protocol: ${offer.split(', ')[1]}`]);
      link.reset();
    });
    for (const content of Object.values(files)) assert.doesNotMatch(content, secret);
    for (const error of errors) assert.doesNotMatch(inspect(error), secret);
    assert.match(files['transcript']!, /base64url\.bearer\.authorization\.k8s\.io\.\*{34}/);
  });
});
