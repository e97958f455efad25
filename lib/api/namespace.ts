/** The members of the `webSocket` namespace, as programs of the platform write them; listed, so that none joins by accident. */

export { BusinessError } from './errors.js';
export {
  type ClientConnectionCloseCallback,
  createWebSocketServer,
  type ServerCert,
  type WebSocketConnection,
  type WebSocketMessage,
  type WebSocketServer,
  type WebSocketServerConfig,
} from './server.js';
export { TlsProtocol } from './tls-protocol.js';
export type {
  AsyncCallback,
  Callback,
  ClientCert,
  CloseResult,
  ErrorCallback,
  HttpProxy,
  OpenResult,
  PerMessageDeflateOptions,
  ProxyConfiguration,
  ResponseHeaders,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketOpenInfo,
  WebSocketRequestOptions,
} from './types.js';
export { createWebSocket, WebSocket } from './websocket.js';
