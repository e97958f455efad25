import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, describe, it } from 'node:test';
import { planConnect } from '../../lib/api/options.js';
import { blotHeaders, ConnectError, Link, type LinkHandler } from '../../lib/cli/link.js';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';

let echo: EchoServer;
before(async () => {
  echo = await startEchoServer();
});
after(() => echo.close());

const deaf: LinkHandler = { text: () => {}, binary: () => {} };
const plan = (options: object = {}) => planConnect(echo.url, { proxy: 'no-proxy', ...options });

describe('a link', () => {
  it('opens, takes messages and pings, and ends', async () => {
    const seen: string[] = [];
    let done!: () => void;
    const all = new Promise<void>((resolve) => (done = resolve));
    const note = (what: string): void => {
      if (seen.push(what) === 3) done();
    };
    const link = new Link(plan({ protocol: 'chat' }), {
      text: (message) => note(`text ${message}`),
      binary: (message) => note(`binary ${message.byteLength}`),
      pong: (payload) => note(`pong ${payload}`),
    });
    assert.equal(link.send('too early'), false);
    const { subprotocol, headers } = await link.opened;
    assert.equal(subprotocol, 'chat');
    assert.equal(headers['upgrade'], 'websocket');
    assert.ok(link.isOpen && link.send('hi') && link.send(new Uint8Array(3)) && link.ping(Buffer.from('p')));
    await link.flushed();
    await all;
    assert.deepEqual(seen.sort(), ['binary 3', 'pong p', 'text hi']);
    link.close(3000, 'enough');
    assert.deepEqual(await link.ended, { code: 3000, reason: '', failure: undefined });
    assert.equal(link.send('too late') || link.ping(Buffer.alloc(0)), false);
    await link.flushed();
  });

  it('fails in words of the command line', async () => {
    const link = new Link(plan({ caPath: '/nowhere.pem', proxy: 'no-proxy' }), deaf);
    await link.opened;
    link.close();
    await link.ended;
    const failing = new Link(
      planConnect(echo.url.replace('ws:', 'wss:'), { proxy: 'no-proxy', caPath: '/nowhere' }),
      deaf,
    );
    await assert.rejects(failing.opened, (error) => error instanceof ConnectError && /option --ca/.test(error.message));
  });

  it('can be given up before it is open', async () => {
    const link = new Link(plan(), deaf);
    link.close();
    await assert.rejects(link.opened, ConnectError);
  });
});

describe('the fields of a response', () => {
  it('are shown without credentials', () => {
    const headers = { server: 'x', 'set-cookie': ['a=b', 'c'], 'www-authenticate': 'Basic realm="x"' };
    const shown = { server: 'x', 'set-cookie': ['***', '*'], 'www-authenticate': 'Basic *********' };
    assert.deepEqual(blotHeaders(headers), shown);
  });
});
