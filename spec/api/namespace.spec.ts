import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as webSocket from '../../lib/api/namespace.js';

describe('the webSocket namespace', () => {
  it('has the documented values, and none beside them', () => {
    assert.deepEqual(Object.keys(webSocket).sort(), [
      'BusinessError',
      'TlsProtocol',
      'WebSocket',
      'createWebSocket',
      'createWebSocketServer',
    ]);
  });

  it('has the documented types', () => {
    // Types leave nothing to look at: that this compiles is the proof.
    const types: {
      callback?: webSocket.Callback<string>;
      failed?: webSocket.ErrorCallback;
      result?: webSocket.AsyncCallback<boolean>;
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
      server?: webSocket.WebSocketServer;
      config?: webSocket.WebSocketServerConfig;
      serverCert?: webSocket.ServerCert;
      client?: webSocket.WebSocketConnection;
      received?: webSocket.WebSocketMessage;
      gone?: webSocket.ClientConnectionCloseCallback;
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
});
