/** The platform's WebSocket server (API 19): its types, so that programs compile. */

import type { Callback, CloseResult, ErrorCallback, WebSocketCloseOptions } from './types.js';

/** The certificate of a server. */
export interface ServerCert {
  certPath: string;
  keyPath: string;
}

/** What a server listens on, and for whom. */
export interface WebSocketServerConfig {
  serverIP?: string;
  serverPort: number;
  serverCert?: ServerCert;
  maxConcurrentClientsNumber?: number;
  protocol?: string;
  maxConnectionsForOneClient?: number;
}

/** A client of a server. */
export interface WebSocketConnection {
  clientIP: string;
  clientPort: number;
}

/** A message of a client. */
export interface WebSocketMessage {
  data: string | ArrayBuffer;
  clientConnection: WebSocketConnection;
}

/** A function that learns which client is gone, and why. */
export type ClientConnectionCloseCallback = (clientConnection: WebSocketConnection, closeReason: CloseResult) => void;

/** The platform's server, for programs that name its type: `createWebSocketServer` throws 801 here. */
export interface WebSocketServer {
  start(config: WebSocketServerConfig): Promise<boolean>;
  stop(): Promise<boolean>;
  send(data: string | ArrayBuffer, connection: WebSocketConnection): Promise<boolean>;
  close(connection: WebSocketConnection, options?: WebSocketCloseOptions): Promise<boolean>;
  listAllConnections(): Promise<WebSocketConnection[]>;
  on(type: 'error', callback: ErrorCallback): void;
  on(type: 'connect', callback: Callback<WebSocketConnection>): void;
  on(type: 'messageReceive', callback: Callback<WebSocketMessage>): void;
  on(type: 'close', callback: ClientConnectionCloseCallback): void;
  off(type: 'error', callback?: ErrorCallback): void;
  off(type: 'connect', callback?: Callback<WebSocketConnection>): void;
  off(type: 'messageReceive', callback?: Callback<WebSocketMessage>): void;
  off(type: 'close', callback?: ClientConnectionCloseCallback): void;
}
