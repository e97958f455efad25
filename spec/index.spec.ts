import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AsyncCallback, Callback, ErrorCallback } from '../lib/index.js';
import * as entry from '../lib/index.js';
import webSocketByDefault, { BusinessError, webSocket } from '../lib/index.js';

describe('the entry point', () => {
  it('has webSocket by name and as the default export, the same object', () => {
    assert.equal(webSocketByDefault, webSocket);
    assert.equal(entry.default, entry.webSocket);
  });

  it('has by name what programs import beside the namespace', () => {
    assert.deepEqual(Object.keys(entry).sort(), [
      'BusinessError',
      'controls',
      'default',
      'messages',
      'reconnecting',
      'setAllowedDomains',
      'toEmitter',
      'webSocket',
    ]);
    assert.equal(webSocket.BusinessError, BusinessError);
    // Types leave nothing to look at: that this compiles is the proof.
    const types: {
      callback?: Callback<string> & webSocket.Callback<string>;
      failed?: ErrorCallback & webSocket.ErrorCallback;
      result?: AsyncCallback<boolean> & webSocket.AsyncCallback<boolean>;
    } = {};
    assert.deepEqual(types, {});
  });

  it('can be required', async () => {
    const file = fileURLToPath(new URL('../lib/index.js', import.meta.url));
    const program = `const all = require(${JSON.stringify(file)});
      console.log(all.webSocket === all.default, typeof all.webSocket.createWebSocket, typeof all.BusinessError);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=commonjs', '--eval', program]);
    assert.equal(stdout, 'true function function\n');
  });
});
