/** The members of the `webSocket` namespace, values and types, as the platform's programs write them. */
export { createWebSocket, WebSocket } from './websocket.js';
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

/** Versions of TLS (API 26). */
export const TlsProtocol = { TLS_V_1_0: 0, TLS_V_1_1: 1, TLS_V_1_2: 2, TLS_V_1_3: 3 } as const;
export type TlsProtocol = (typeof TlsProtocol)[keyof typeof TlsProtocol];
