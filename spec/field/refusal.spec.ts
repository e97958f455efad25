/** A refusal is reported as that, even when the time is up before its body is complete. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { failure } from '../api/recorder.js';
import { peer } from '../peer/dialling.js';
import { answering } from '../peer/tunnelling.js';

const handshakeTimeout = 900; // less than the second that a body may take
const unfinished = 'HTTP/1.1 403 Forbidden\r\nX-Why: rule 7\r\nContent-Length: 100\r\n\r\nhalf';

/** Connects to a peer that refuses and does not finish. */
async function refused(t: TestContext, options: (port: number) => [url: string, webSocket.WebSocketRequestOptions]) {
  const [url, more] = options(await peer(t, answering(unfinished)));
  await webSocket
    .createWebSocket()
    .connect('ws://127.0.0.1:1/', { proxy: 'no-proxy' })
    .catch(() => {}); // loads the code
  return failure(webSocket.createWebSocket().connect(url, { handshakeTimeout, ...more } as object));
}

describe('a refusal whose body is unfinished when the time is up', () => {
  it('of a server is reported with its status', async (t) => {
    const error = await refused(t, (port) => [`ws://127.0.0.1:${port}/`, { proxy: 'no-proxy' }]);
    assert.match(error.message, /the server answered 403 Forbidden/i);
  });

  it('of a proxy is reported with its status', async (t) => {
    const error = await refused(t, (port) => ['ws://target.test/', { proxy: { host: '127.0.0.1', port } } as object]);
    assert.match(error.message, /the proxy answered CONNECT with 403 Forbidden/i);
  });
});
