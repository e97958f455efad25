/** The members of `webSocket` in the platform's modules: the names of the package's own, with the platform's WebSocket. */

export { BusinessError } from '../api/errors.js';
export { createWebSocketServer } from '../api/namespace.js';
export type {
  ClientConnectionCloseCallback,
  ServerCert,
  WebSocketConnection,
  WebSocketMessage,
  WebSocketServer,
  WebSocketServerConfig,
} from '../api/server.js';
export { TlsProtocol } from '../api/tls-protocol.js';
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
} from '../api/types.js';
export type { WebSocket } from '../api/websocket.js';
export { createPlatformWebSocket as createWebSocket } from './platform-websocket.js';
