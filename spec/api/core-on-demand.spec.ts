import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocketCore } from '../../lib/api/core.js';
import bundled from '../../lib/api/core-bundled.js';
import onDemand from '../../lib/api/core-on-demand.js';
import { root } from '../packed/package.js';
import { runNode } from '../packed/run-node.js';
import { evaluating } from '../peer/evaluating.js';

describe('the core of a WebSocket', () => {
  it('is the same class on demand, in a bundle, and imported', () => {
    assert.equal(onDemand(), WebSocketCore);
    assert.equal(bundled(), WebSocketCore);
  });

  it('is loaded by the first use of a WebSocket, not by making one or by a listener', async () => {
    const program = `
      import { Session } from 'node:inspector';
      const files = [];
      const session = new Session();
      session.connect();
      session.on('Debugger.scriptParsed', ({ params: { url } }) => files.push(url));
      session.post('Debugger.enable');
      const { webSocket } = await import(${JSON.stringify(new URL('../../lib/index.js', import.meta.url).href)});
      const isLoaded = () => files.some((url) => url.endsWith('/api/core.js'));
      const ws = webSocket.createWebSocket();
      ws.on('message', () => {});
      const before = isLoaded();
      ws.send('x').catch(() => {});
      console.log(before, isLoaded());`;
    const { status, stdout, stderr } = await runNode(root, evaluating(program));
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'false true\n', stderr: '' });
  });
});
