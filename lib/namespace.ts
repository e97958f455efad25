/** The members of the `webSocket` namespace, values and types, as the platform's programs write them. */
export { createWebSocket, WebSocket } from './websocket.js';
export { TlsProtocol } from './types.js';
export type {
  ClientCert,
  CloseResult,
  HttpProxy,
  OpenResult,
  PerMessageDeflateOptions,
  ProxyConfiguration,
  ResponseHeaders,
  WebSocketClientOptions,
  WebSocketCloseOptions,
  WebSocketOpenInfo,
  WebSocketRequestOptions,
  AsyncCallback,
  Callback,
  ErrorCallback,
} from './types.js';
export { BusinessError } from './errors.js';
