import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { it } from 'node:test';
import { resetSocket } from '../../lib/relay/reset.js';
import { listenOn } from '../peer/listening.js';

it('the peer sees a reset, and no end before it', async (t) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write('x');
    socket.once('data', () => resetSocket(socket));
  });
  const { port } = await listenOn(t, server);
  const client: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const seen: string[] = [];
  client.on('end', () => seen.push('end'));
  client.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code!));
  client.resume();
  await once(client, 'connect');
  client.write('go');
  await new Promise((resolve) => client.once('close', resolve));
  assert.deepEqual(seen, ['ECONNRESET']);
});
