/**
 * The platform's declarations of API 26, stated from the tables of the contract in our own words, for the compiler: this file
 * is not run. What it declares and what the package exports are assignable to each other, so that a program may get
 * one from where it expects the other.
 */

import type { AsyncCallback, BusinessError, Callback, ErrorCallback, webSocket } from 'ohos-websocket';

interface SdkError<T = void> extends Error {
  code: number;
  data?: T;
}
type SdkCallback<T> = (data: T) => void;
type SdkErrorCallback<T extends Error = SdkError> = (err: T) => void;
type SdkAsyncCallback<T, E = void> = (err: SdkError<E>, data: T) => void;

interface SdkClientCert {
  certPath: string;
  keyPath: string;
  keyPassword?: string;
}
interface SdkHttpProxy {
  host: string;
  port: number;
  username?: string;
  password?: string;
  exclusionList: string[];
}
interface SdkRequestOptions {
  header?: Object;
  caPath?: string;
  clientCert?: SdkClientCert;
  proxy?: 'system' | 'no-proxy' | SdkHttpProxy;
  protocol?: string;
  skipServerCertVerification?: boolean;
  pingInterval?: number;
  pongTimeout?: number;
  minSupportTlsProtocol?: 0 | 1 | 2 | 3;
  supportOriginPort?: boolean;
}
interface SdkCloseOptions {
  code?: number;
  reason?: string;
}
interface SdkCloseResult {
  code: number;
  reason: string;
}
interface SdkOpenResult {
  status: number;
  message: string;
}
interface SdkOpenInfo extends SdkOpenResult {
  protocol?: string;
}
type SdkHeaders = { [k: string]: string | string[] | undefined };

interface SdkWebSocket {
  connect(url: string, callback: SdkAsyncCallback<boolean>): void;
  connect(url: string, options: SdkRequestOptions, callback: SdkAsyncCallback<boolean>): void;
  connect(url: string, options?: SdkRequestOptions): Promise<boolean>;
  send(data: string | ArrayBuffer, callback: SdkAsyncCallback<boolean>): void;
  send(data: string | ArrayBuffer): Promise<boolean>;
  close(callback: SdkAsyncCallback<boolean>): void;
  close(options: SdkCloseOptions, callback: SdkAsyncCallback<boolean>): void;
  close(options?: SdkCloseOptions): Promise<boolean>;
  on(type: 'open', callback: SdkAsyncCallback<Object>): void;
  on(type: 'openInfo', callback: SdkAsyncCallback<SdkOpenInfo>): void;
  on(type: 'message', callback: SdkAsyncCallback<string | ArrayBuffer>): void;
  on(type: 'close', callback: SdkAsyncCallback<SdkCloseResult>): void;
  on(type: 'error', callback: SdkErrorCallback): void;
  on(type: 'dataEnd', callback: SdkCallback<void>): void;
  on(type: 'headerReceive', callback: SdkCallback<SdkHeaders>): void;
  off(type: 'open', callback?: SdkAsyncCallback<Object>): void;
  off(type: 'openInfo', callback?: SdkAsyncCallback<SdkOpenInfo>): void;
  off(type: 'message', callback?: SdkAsyncCallback<string | ArrayBuffer>): void;
  off(type: 'close', callback?: SdkAsyncCallback<SdkCloseResult>): void;
  off(type: 'error', callback?: SdkErrorCallback): void;
  off(type: 'dataEnd', callback?: SdkCallback<void>): void;
  off(type: 'headerReceive', callback?: SdkCallback<SdkHeaders>): void;
}

/** Compiles when each is assignable to the other. */
declare function bothWays<A extends B, B extends C, C = A>(): void;

bothWays<SdkError, BusinessError>();
bothWays<SdkError<string>, BusinessError<string>>();
bothWays<SdkCallback<string>, Callback<string>>();
bothWays<SdkErrorCallback, ErrorCallback>();
bothWays<SdkAsyncCallback<boolean>, AsyncCallback<boolean>>();
bothWays<SdkAsyncCallback<boolean, string>, AsyncCallback<boolean, string>>();
bothWays<SdkClientCert, webSocket.ClientCert>();
bothWays<SdkCloseResult, webSocket.CloseResult>();
bothWays<SdkOpenInfo, webSocket.WebSocketOpenInfo>();
bothWays<SdkHeaders, webSocket.ResponseHeaders>();
bothWays<SdkWebSocket, webSocket.WebSocket>();

// The list of exclusions may be left out here, and `undefined` stand for an option that is not given: one way only.
declare const sdkOptions: SdkRequestOptions;
const ourOptions: webSocket.WebSocketRequestOptions = sdkOptions;
declare const sdkCloseOptions: SdkCloseOptions;
const ourCloseOptions: webSocket.WebSocketCloseOptions = sdkCloseOptions;

// An error as programs of the platform write it down.
const error: BusinessError = { name: 'BusinessError', message: 'what happened', code: 2302999 };

// A value of the enum is a type as well.
const least: webSocket.TlsProtocol.TLS_V_1_2 = 2;

/** A test double of a program of the platform: what is documented, and nothing else. */
class Fake implements webSocket.WebSocket {
  connect(_url: string, ..._more: unknown[]): Promise<boolean> {
    return Promise.resolve(true);
  }
  send(_data: string | ArrayBuffer | ArrayBufferView, _callback?: AsyncCallback<boolean>): Promise<boolean> {
    return Promise.resolve(true);
  }
  close(..._args: unknown[]): Promise<boolean> {
    return Promise.resolve(true);
  }
  on(_type: string, _callback: unknown): void {}
  off(_type: string, _callback?: unknown): void {}
}
const double: webSocket.WebSocket = new Fake();

/** The six types of the platform's server. */
interface SdkServer {
  start(config: webSocket.WebSocketServerConfig): Promise<boolean>;
  stop(): Promise<boolean>;
  send(data: string | ArrayBuffer, connection: webSocket.WebSocketConnection): Promise<boolean>;
  close(connection: webSocket.WebSocketConnection, options?: SdkCloseOptions): Promise<boolean>;
  listAllConnections(): Promise<webSocket.WebSocketConnection[]>;
  on(type: 'error', callback: SdkErrorCallback): void;
  on(type: 'connect', callback: SdkCallback<webSocket.WebSocketConnection>): void;
  on(type: 'messageReceive', callback: SdkCallback<webSocket.WebSocketMessage>): void;
  on(type: 'close', callback: webSocket.ClientConnectionCloseCallback): void;
  off(type: 'error', callback?: SdkErrorCallback): void;
  off(type: 'connect', callback?: SdkCallback<webSocket.WebSocketConnection>): void;
  off(type: 'messageReceive', callback?: SdkCallback<webSocket.WebSocketMessage>): void;
  off(type: 'close', callback?: webSocket.ClientConnectionCloseCallback): void;
}
bothWays<SdkServer, webSocket.WebSocketServer>();
const serverCert: webSocket.ServerCert = { certPath: 'cert.pem', keyPath: 'key.pem' };

export { double, error, least, ourCloseOptions, ourOptions, serverCert };
