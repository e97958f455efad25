import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BusinessError, webSocket } from '../../lib/index.js';

it('createWebSocketServer is there, and says that this package is a client', () => {
  assert.throws(
    () => webSocket.createWebSocketServer(),
    (error: BusinessError) =>
      error instanceof BusinessError &&
      error.code === 801 &&
      /^Capability not supported\. .*client/.test(error.message),
  );
});
