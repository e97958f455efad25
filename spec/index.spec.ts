import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AsyncCallback, Callback, ErrorCallback } from '../lib/index.js';
import * as entry from '../lib/index.js';
import webSocketByDefault, { BusinessError, setAllowedDomains, webSocket } from '../lib/index.js';

describe('the door', () => {
  it('has webSocket by name and as the default export, the same object', () => {
    assert.equal(webSocketByDefault, webSocket);
    assert.equal(entry.default, entry.webSocket);
  });

  it('has what is documented as members of webSocket', () => {
    assert.deepEqual(Object.keys(webSocket).sort(), ['BusinessError', 'TlsProtocol', 'WebSocket', 'createWebSocket']);
    assert.equal(webSocket.BusinessError, BusinessError);
    assert.deepEqual(webSocket.TlsProtocol, { TLS_V_1_0: 0, TLS_V_1_1: 1, TLS_V_1_2: 2, TLS_V_1_3: 3 });
    assert.equal(typeof setAllowedDomains, 'function');
  });

  it('has the documented types, by name and in the namespace', () => {
    // Types leave nothing to look at: that this compiles is the proof.
    const types: {
      callback?: Callback<string> & webSocket.Callback<string>;
      error?: ErrorCallback & webSocket.ErrorCallback;
      result?: AsyncCallback<boolean> & webSocket.AsyncCallback<boolean>;
      request?: webSocket.WebSocketRequestOptions;
      ours?: webSocket.WebSocketClientOptions;
      proxy?: webSocket.ProxyConfiguration;
      http?: webSocket.HttpProxy;
      cert?: webSocket.ClientCert;
      close?: webSocket.WebSocketCloseOptions;
      closed?: webSocket.CloseResult;
      headers?: webSocket.ResponseHeaders;
      open?: webSocket.OpenResult;
      info?: webSocket.WebSocketOpenInfo;
      tls?: webSocket.TlsProtocol;
      error200?: webSocket.BusinessError<string>;
      ws?: webSocket.WebSocket;
    } = { http: { host: 'p', port: 1 }, tls: webSocket.TlsProtocol.TLS_V_1_2, open: { status: 101, message: '' } };
    assert.equal(types.tls, 2);
  });

  it('createWebSocket makes a new WebSocket each time, with the documented methods', () => {
    const ws: webSocket.WebSocket = webSocket.createWebSocket();
    assert.ok(ws instanceof webSocket.WebSocket);
    assert.notEqual(webSocket.createWebSocket(), ws);
    for (const method of ['connect', 'send', 'close', 'on', 'off'] as const)
      assert.equal(typeof ws[method], 'function');
  });

  it('can be required', async () => {
    const file = fileURLToPath(new URL('../lib/index.js', import.meta.url));
    const program = `const all = require(${JSON.stringify(file)});
      console.log(all.webSocket === all.default, typeof all.webSocket.createWebSocket, typeof all.BusinessError);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=commonjs', '--eval', program]);
    assert.equal(stdout, 'true function function\n');
  });
});
