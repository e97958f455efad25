import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { command } from './command.js';

describe('the demo', { timeout: 60_000 }, () => {
  it('runs the documented example against its own server, every event in order', async () => {
    const { status, stdout, stderr } = await command(['demo']);
    const events = stdout.split('\n').map((line) => line.split(/ {2,}/)[0]);
    const opening = ['echo server', 'on headerReceive', 'on open', 'on openInfo', 'connect success'];
    assert.deepEqual(events.slice(0, 5), opening);
    assert.deepEqual(events.slice(-4), ['on message', 'on close', 'close success', '']);
    assert.equal(events.filter((event) => event === 'on message').length, 5);
    assert.match(stdout, /on message +text, 14 bytes: "Hello, server!"/);
    assert.match(stdout, /on message +binary, 4 bytes: deadbeef/);
    assert.match(stdout, /on message +text, 1048576 bytes/);
    assert.match(stdout, /"protocol":"my-protocol"/);
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('talks to the server of a URL as well, and ends with 1 when there is none', async () => {
    const server = await startEchoServer();
    const there = await command(['demo', server.url]);
    assert.match(there.stdout, /close success/);
    assert.equal(there.status, 0);
    await server.close();
    const gone = await command(['demo', server.url]);
    assert.match(gone.stderr, /connect fail .*2302999/);
    assert.equal(gone.status, 1);
  });

  it('ends with 2 for wrong usage', async () => {
    assert.equal((await command(['demo', 'one', 'two'])).status, 2);
    assert.equal((await command(['demo', '--nope'])).status, 2);
  });
});
