/** The members of the `webSocket` namespace, as programs of the platform write them; listed, so that none joins by accident. */

import { businessError } from './errors.js';
import type { WebSocketServer } from './server.js';

export { BusinessError } from './errors.js';
export type {
  ClientConnectionCloseCallback,
  ServerCert,
  WebSocketConnection,
  WebSocketMessage,
  WebSocketServer,
  WebSocketServerConfig,
} from './server.js';
export { TlsProtocol } from './tls-protocol.js';
export type {
  AnyProxy,
  AsyncCallback,
  Callback,
  ClientCert,
  ClientCertText,
  CloseResult,
  ConnectionSource,
  DuplexLike,
  ErrorCallback,
  FoundAddress,
  HttpProxy,
  LookupFunction,
  OpenResult,
  PemText,
  PerMessageDeflateOptions,
  ProxyAddress,
  ProxyConfiguration,
  ProxyType,
  ResponseHeaders,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketOpenInfo,
  WebSocketRequestOptions,
  WebSocketUrl,
} from './types.js';
export { createWebSocket, WebSocket } from './websocket.js';

/** @throws {BusinessError} 801, always */
export function createWebSocketServer(): WebSocketServer {
  throw businessError(
    801,
    'This package is a client and has no WebSocket server; `ohos-websocket echo-server` is for tests',
  );
}
