/** libwebsockets' own test server: https://libwebsockets.org, plain and with its own TLS. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Certificates } from '../peer/certificates.js';
import { certificates } from '../peer/certificates.js';
import { open, refused } from './client.js';
import type { Program } from './program.js';
import { absent, start } from './program.js';

const command = 'libwebsockets-test-server';

describe('libwebsockets', { skip: absent(command) || absent('openssl') }, () => {
  let certs: Certificates;
  let plain: Program;
  let secure: Program;

  before(async () => {
    certs = await certificates();
    const { certPath, keyPath } = certs.server;
    plain = await start({ command, args: (port) => [`--port=${port}`, '-i', 'lo'] });
    secure = await start({
      command,
      args: (port) => [`--port=${port}`, '-i', 'lo', '--ssl', '-C', certPath, '-K', keyPath],
    });
  });
  after(async () => {
    await Promise.all([plain?.end(), secure?.end()]);
  });

  const servers = [
    ['plain', () => [`ws://127.0.0.1:${plain.port}/`, {}] as const],
    ['TLS', () => [`wss://127.0.0.1:${secure.port}/`, { caPath: certs.root }] as const],
  ] as const;

  for (const [name, server] of servers) {
    describe(name, () => {
      it('dumb-increment-protocol: delivers its numbers in order, and starts over when asked to', async () => {
        const [url, options] = server();
        const { ws, message, end, protocol } = await open(url, { ...options, protocol: 'dumb-increment-protocol' });
        assert.equal(protocol, 'dumb-increment-protocol');
        for (let expected = 0; expected < 5; expected++) assert.equal(await message(), String(expected));
        await ws.send('reset\n');
        // Numbers sent before the reset arrived may still be on their way; the first 0 is the answer.
        let last = 4;
        for (let next = Number(await message()); next !== 0; next = Number(await message())) {
          assert.equal(next, ++last);
        }
        assert.equal(await message(), '1');
        await end();
      });

      it('lws-mirror-protocol: has every message back', async () => {
        const [url, options] = server();
        const { ws, message, end, protocol } = await open(url, { ...options, protocol: 'lws-mirror-protocol' });
        assert.equal(protocol, 'lws-mirror-protocol');
        for (let line = 0; line < 20; line++) {
          const command = `d #ff${(line % 10).toString().repeat(4)} ${line} 1 2 3;`;
          await ws.send(command);
          assert.equal(await message(), command);
        }
        await end();
      });

      it('lws-status: compresses its report when perMessageDeflate is on (RFC 7692)', async () => {
        const [url, options] = server();
        const { headers, message, end } = await open(url, {
          ...options,
          protocol: 'lws-status',
          perMessageDeflate: true,
        });
        assert.match(String(headers['sec-websocket-extensions']), /^permessage-deflate/);
        assert.match(String(await message()), /^\{ "version":"/);
        await end();
      });

      it('chooses the first subprotocol of the offer that it knows', async () => {
        const [url, options] = server();
        const offer = 'unknown, lws-mirror-protocol, dumb-increment-protocol';
        const { end, protocol } = await open(url, { ...options, protocol: offer });
        assert.equal(protocol, 'lws-mirror-protocol');
        await end();
      });

      it('hangs up when it knows no subprotocol of the offer, which fails the connect', async () => {
        const [url, options] = server();
        const { event } = await refused(url, { ...options, protocol: 'unknown' });
        assert.equal(event.data, '0');
      });

      it('has its close frame answered: "closeme" makes the server begin the closing handshake', async () => {
        const [url, options] = server();
        const { ws, closed } = await open(url, { ...options, protocol: 'dumb-increment-protocol' });
        await ws.send('closeme\n');
        assert.deepEqual(await closed, { code: 1001, reason: 'seeya' });
      });
    });
  }
});
