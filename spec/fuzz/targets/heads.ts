import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { rules } from '../../../lib/protocol/rules.js';
import { accept } from '../../protocol/drive.js';
import type { Target } from '../fuzzer.js';
import type { Random } from '../random.js';
import { mutateBytes } from '../wire.js';
import { agree, feeds } from './receiving.js';

const good = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
const further = [
  'Sec-WebSocket-Protocol: chat',
  'Sec-WebSocket-Protocol: b',
  'Sec-WebSocket-Protocol: other',
  'Sec-WebSocket-Protocol:',
  'Sec-WebSocket-Extensions: permessage-deflate',
  'Sec-WebSocket-Extensions: ',
  'Set-Cookie: a=b',
  'Server: x\xe9',
  'X-Empty:',
  'Content-Length: 5',
  'Content-Length: x',
  'Transfer-Encoding: chunked',
  'connection: keep-alive, , UPGRADE',
  'Upgrade: h2c',
  'Date : now',
  ' folded',
  'no colon',
  'Bad\0: x',
  'X: \x07',
];
const statusLines = [
  'HTTP/1.1 101 Switching Protocols',
  'HTTP/1.1 101',
  'HTTP/1.0 101 x',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 403 Forbidden',
  'HTTP/1.1 204 ',
  'HTTP/1.1 304 x',
  'HTTP/2 101 x',
  'http/1.1 101 x',
  'SSH-2.0-x',
];
const interim = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n',
  'HTTP/1.1 199\r\n\r\n',
];
const bodies = [
  '',
  'no',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;x=y\r\nhello\r\nzz\r\n',
  'x'.repeat(2000),
  '400\r\n' + 'y'.repeat(1030),
];

export const heads: Target = {
  name: 'heads',
  title: 'a response head opens the connection or fails it by a rule, whatever the chunks',
  share: 12,
  run(random) {
    const isGood = random.once(4);
    const fields = [...good];
    let status = statusLines[0]!;
    if (isGood) {
      fields.push(...['X-A: b', 'set-cookie: x', 'set-cookie: y'].slice(random.below(4)));
      shuffle(random, fields);
    } else {
      if (random.once(2)) status = random.pick(statusLines);
      for (let count = random.below(4); count > 0; count--) {
        fields.splice(random.below(fields.length + 1), random.below(2), random.pick(further));
      }
      if (random.once(20)) fields.push('X: y'.padEnd(random.pick([500, 1000, 1100]), ' z'));
      if (random.once(20)) fields.push(...new Array<string>(20).fill('X: y'));
    }
    const early = random.once(4) ? random.pick(interim).repeat(1 + random.below(3)) : '';
    const text = `${early}${[status, ...fields].join('\r\n')}\r\n\r\n`;
    let head: Buffer = Buffer.from(text, 'latin1');
    const isMutated = !isGood && random.once(2);
    if (isMutated) head = mutateBytes(random, head);
    const after = Buffer.from(isGood || random.once(2) ? '\x81\x02hi\x88\x00' : random.pick(bodies), 'latin1');
    const bytes = Buffer.concat([head, after]);
    const limits = { maxHeadSize: 1000, maxHeadFields: 20 };

    const outcome = agree({ server: false, head: 'in the stream', limits }, bytes, feeds(random, bytes.length));
    const { events, rule, offset } = outcome;
    if (isGood) {
      assert.deepEqual(events, ['response 101', 'open  ', 'text hi', 'closed 1005 ']);
      return;
    }
    const opened = events.some((event) => event.startsWith('open'));
    assert.ok(events.filter((event) => /^(response|open)/.test(event)).length <= 2);
    const failures = events.filter((event) => event.startsWith('failed')).length;
    assert.ok(opened ? failures <= 1 : failures === 1, 'an attempt fails once, an open connection at most once');
    // The driver takes the report that follows a violation.
    assert.equal(events.filter((event) => event.startsWith('closed')).length, opened && rule === undefined ? 1 : 0);
    if (rule !== undefined) {
      assert.ok(rule in rules);
      assert.ok(opened || rules[rule as keyof typeof rules].closeCode === undefined, rule);
      assert.ok(offset! <= bytes.length);
    }
    for (const event of events) assert.ok(event.length <= 1100, 'no more than the first KiB of a refusal is kept');
  },
};

function shuffle(random: Random, list: string[]): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [list[at], list[other]] = [list[other]!, list[at]!];
  }
}
