import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { TunnelReply } from '../../../lib/protocol/http/connect.js';
import { Violation } from '../../../lib/protocol/rules.js';
import type { Target } from '../fuzzer.js';
import { pieces } from '../random.js';
import { mutateBytes } from '../wire.js';

const password = 'correct horse battery';
const authorization = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
const secrets = [authorization.slice(6), `user:${password}`];

const statusLines = [
  'HTTP/1.1 200 Connection established',
  'HTTP/1.0 200',
  'HTTP/1.1 299 x',
  'HTTP/1.1 101 x',
  'HTTP/1.1 407 Proxy Authentication Required',
  'HTTP/1.1 502 Bad Gateway',
  'HTTP/1.1 204 ',
  'HTTP/1.1 99 x',
  'HTTP/2 200',
  'CONNECT a.test:80 HTTP/1.1',
];
const fields = [
  'Content-Length: 3',
  'Transfer-Encoding: chunked',
  'Proxy-Authenticate: Basic realm="x"',
  `X-Echo: ${authorization}`,
  'Via: 1.1 x',
  'bad line',
  'X : y',
];

export const tunnels: Target = {
  name: 'tunnels',
  title: 'a reply to CONNECT opens the tunnel, is a refusal without our credentials, or breaks a rule',
  share: 7,
  run(random) {
    const lines = Array.from({ length: random.below(5) }, () => random.pick(fields));
    const early = random.once(4) ? 'HTTP/1.1 100 Continue\r\n\r\n' : '';
    const status = random.once(3) ? statusLines[0]! : random.pick(statusLines);
    const filler = random.once(2) ? 'x'.repeat(random.pick([0, 5, 960, 1000, 1010, 1020]) + random.below(10)) : '';
    const content = random.pick(['', authorization, secrets[1]!, '3\r\nabc\r\n0\r\n\r\n', 'abc']);
    const body = `${filler}${content}${random.pick(['', 'more'])}`;
    const text = `${early}${[status, ...lines].join('\r\n')}\r\n\r\n${body}`;
    let bytes: Buffer = Buffer.from(text, 'latin1');
    const isMutated = random.once(2);
    if (isMutated && random.once(2)) bytes = mutateBytes(random, bytes);
    else if (isMutated) bytes = bytes.subarray(0, random.below(bytes.length + 1));
    const whole = read([bytes]);
    for (let way = 0; way < 2; way++) assert.deepEqual(read(pieces(bytes, random.cuts(bytes.length))), whole);
    // Credentials in which a byte was changed cannot be distinguished from other text.
    if (isMutated && !text.startsWith(bytes.toString('latin1'))) return;
    for (const secret of secrets) assert.ok(!whole.refusal.includes(secret.slice(0, 12)), whole.refusal.slice(-60));
  },
};

const isEstablished = ({ state }: TunnelReply): boolean => state === 'established';

/** What becomes of a reply; `rest` is what belongs to the tunnel. */
function read(chunks: readonly Buffer[]): { state: string; received: number; rest: string; refusal: string } {
  const reply = new TunnelReply(authorization);
  let rest = '';
  try {
    for (const chunk of chunks) {
      if (reply.state === 'established') {
        rest += chunk.toString('latin1');
        continue;
      }
      const at = reply.push(chunk, 0, chunk.length);
      assert.ok(at === chunk.length || isEstablished(reply));
      rest += chunk.toString('latin1', at);
    }
  } catch (error) {
    assert.ok(error instanceof Violation, String((error as Error).stack));
    assert.match(error.rule.id, /^http-/);
    // What the message shows depends on how much of a wrong start was there.
    return { state: error.rule.id, received: error.offset, rest: '', refusal: '' };
  }
  const refusal = reply.state === 'refused' ? JSON.stringify(reply.refusal) : '';
  if (reply.state === 'refused') {
    assert.ok(Buffer.byteLength(reply.refusal.body) <= 3 * 1024);
  }
  return { state: reply.state, received: reply.received, rest, refusal };
}
