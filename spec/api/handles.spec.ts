import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { handshakeFaults, openFaults } from '../peer/faults.js';
import { text } from '../peer/link.js';
import { greeting, type Script, startPeer } from '../peer/scripted.js';
import type { Case, Verdict } from './handles-client.js';

const never = new Promise<void>(() => {});
const correct = greeting(text('hello'));
const silent: Script = () => never;
const refusing: Script = async (link) => {
  await link.request();
  link.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n');
  await never;
};
const deaf: Script = async (link) => {
  await link.accept();
  await never;
};

const aborted = ['failed 2302999'];
const closedWhileConnecting = ['failed 2302999', 'close 1006', 'closed'];
type Row = [title: string, script: Script, how: Partial<Case>, ends: string[]];

const rows: Row[] = [
  ...handshakeFaults.map(({ title, script }): Row => [title, script, { handshakeTimeout: 300 }, ['failed 2302999']]),
  ...openFaults.map(({ title, script, close }): Row => [title, script, {}, ['connected', `close ${close}`]]),
  ['aborted at once', correct, { abortOn: 'call' }, aborted],
  ['aborted while connecting', silent, { abortOn: 'turn' }, aborted],
  ['aborted when the response head is there', correct, { abortOn: 'headerReceive' }, aborted],
  ['aborted while the body of a refusal is awaited', refusing, { abortOn: 'headerReceive' }, aborted],
  ['closed at once', correct, { closeOn: 'call' }, closedWhileConnecting],
  ['closed while connecting', silent, { closeOn: 'turn' }, closedWhileConnecting],
  ['closed when the response head is there', correct, { closeOn: 'headerReceive' }, closedWhileConnecting],
  ['closed while the body of a refusal is awaited', refusing, { closeOn: 'headerReceive' }, closedWhileConnecting],
  ['closed when open', correct, { closeOn: 'open' }, ['connected', 'close 1000', 'closed']],
  ['closed by a listener of message', correct, { closeOn: 'message' }, ['connected', 'close 1000', 'closed']],
  ['closed, and the server ignores it', deaf, { closeOn: 'open' }, ['connected', 'close 1006', 'closed']],
  ['no pong in time', deaf, { pingInterval: 0.05 }, ['connected', 'close 1006']],
];

describe('after its end a connection leaves no handle, and it ends exactly once', async () => {
  const peers: (() => Promise<void>)[] = [];
  after(async () => {
    for (const end of peers) await end();
  });
  const cases = await Promise.all(
    rows.map(async ([title, script, how]): Promise<Case> => {
      const peer = await startPeer({ after: (end) => void peers.push(end) }, script);
      return { title, url: peer.url, ...how };
    }),
  );
  const child = fork(fileURLToPath(new URL('handles-client.js', import.meta.url)));
  const exited = once(child, 'exit');
  child.send(cases);
  const [verdicts] = (await once(child, 'message')) as [Verdict[]];
  const [status] = await exited; // with a handle left it would not exit by itself

  rows.forEach(([title, , , ends], index) => {
    it(title, () => assert.deepEqual(verdicts[index], { title, ends, left: [] }));
  });
  it('the process ends by itself', () => assert.equal(status, 0));
});
