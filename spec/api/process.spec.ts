import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { frame, text } from '../peer/link.js';
import { greeting, startPeer } from '../peer/scripted.js';
import { runProgram } from './program.js';

const correct = greeting(text('hello'));

describe('rejections that nobody looks at', () => {
  it('of send and close do not end the process', async (t) => {
    const peer = await startPeer(t, correct);
    const { status, stdout, stderr } = await runProgram(
      `const ws = webSocket.createWebSocket();
       ws.send('not open'); ws.send(1); ws.close(); ws.close({ code: 1005 });
       ws.on('open', () => { ws.send(null); ws.close({ code: 1006 }); ws.close(); ws.send('closing'); });
       ws.on('close', () => { ws.send('closed'); ws.close(); console.log('end'); });
       await ws.connect(url);`,
      peer.url,
    );
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'end\n', stderr: '' });
  });

  it('of sends that a lost link takes along do not end the process', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.socket.pause();
      setImmediate(() => link.reset());
    });
    const { status, stdout } = await runProgram(
      `const ws = webSocket.createWebSocket();
       ws.on('close', (err, { code }) => console.log(code));
       await ws.connect(url);
       for (let i = 0; i < 32; i++) ws.send(new ArrayBuffer(1 << 20));`,
      peer.url,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '1006\n' });
  });

  it('of connect do not end a process that listens for error, also when it began to after the call', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const { status, stdout } = await runProgram(
      `const ws = webSocket.createWebSocket();
       ws.connect(url);
       ws.on('error', (err) => console.log(err.code));`,
      peer.url,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '200\n' });
  });

  it('of connect end a process that looks nowhere, as Node does by default', async (t) => {
    const peer = await startPeer(t, (link) => link.reset());
    const { status, stderr } = await runProgram(`webSocket.createWebSocket().connect(url);`, peer.url);
    assert.equal(status, 1);
    assert.match(stderr, /2302999/);
  });

  it('of connect for its arguments are not hidden by a listener of error, which does not hear of them', async () => {
    const { status, stderr } = await runProgram(
      `const ws = webSocket.createWebSocket(); ws.on('error', () => {}); ws.connect('http://x/');`,
    );
    assert.equal(status, 1);
    assert.match(stderr, /2302001/);
  });
});

describe('exceptions of listeners and callbacks', () => {
  it('end the process as uncaught exceptions do, with the listener’s own stack', async (t) => {
    const peer = await startPeer(t, correct);
    const { status, stderr } = await runProgram(
      `const ws = webSocket.createWebSocket();
       ws.on('message', function listener() { throw new Error('of the listener'); });
       await ws.connect(url);`,
      peer.url,
    );
    assert.notEqual(status, 0);
    assert.match(stderr, /of the listener\n\s+at .*listener/);
  });

  it('surface on a later tick, one by one, and break neither the other listeners nor the connection', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept([], text('hello'));
      link.end(frame(Opcode.close, (await link.frameOf(Opcode.close)).payload));
    });
    const { status, stdout } = await runProgram(
      `const caught = [], seen = [];
       process.on('uncaughtException', (error) => caught.push(error.message));
       const ws = webSocket.createWebSocket();
       for (const event of ['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'error', 'close']) {
         ws.on(event, () => { seen.push(event); throw new Error(event); });
         ws.on(event, () => { seen.push(event); });
       }
       ws.on('message', () => {
         ws.send('x', () => { throw new Error('send'); });
         ws.close(() => { throw new Error('close callback'); });
         seen.push(caught.length);
       });
       ws.connect(url, () => { throw new Error('connect'); });
       process.on('exit', () => console.log(JSON.stringify([seen, caught])));`,
      peer.url,
    );
    assert.equal(status, 0);
    const [seen, caught] = JSON.parse(stdout) as [unknown[], string[]];
    const events = seen.filter((entry) => typeof entry === 'string');
    const pairs = ['headerReceive', 'open', 'openInfo', 'message', 'dataEnd', 'close'].flatMap((event) => [
      event,
      event,
    ]);
    assert.deepEqual(events, pairs);
    const expected = [
      'headerReceive',
      'open',
      'openInfo',
      'connect',
      'message',
      'dataEnd',
      'send',
      'close',
      'close callback',
    ];
    assert.deepEqual([...caught].sort(), expected.sort());
  });
});

describe('import', () => {
  it('keeps no process alive: no timer, no socket', async () => {
    const { status, stdout } = await runProgram(
      `webSocket.createWebSocket();
       const resources = process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|DNS|GetAddr/i.test(name));
       console.log(resources.length);`,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '0\n' });
  });
});
