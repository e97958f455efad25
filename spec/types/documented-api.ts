/**
 * The documented API as its tables state it, for the compiler: this file is not run. It is compiled with the package's
 * own sources by `make build`, and against the packed declarations by `declarations.spec.ts`.
 */

import type byDefault from 'ohos-websocket';
import type { AsyncCallback, Callback, ErrorCallback } from 'ohos-websocket';
import { BusinessError, webSocket } from 'ohos-websocket';
import { assertType, type Equal } from './assert-type.js';

declare const url: string;
declare const bytes: ArrayBuffer;
declare const view: Uint8Array;
declare const options: webSocket.WebSocketRequestOptions;

// ------------------------------------------------------------------------------------------------ the namespace

assertType<Equal<typeof byDefault, typeof webSocket>>();
assertType<Equal<typeof webSocket.BusinessError, typeof BusinessError>>();

const ws: webSocket.WebSocket = webSocket.createWebSocket();
const made = webSocket.createWebSocket();
const madeByNew: typeof made = new webSocket.WebSocket();

// ------------------------------------------------------------------------------------------------ the types

assertType<Equal<Callback<number>, (data: number) => void>>();
assertType<Equal<ErrorCallback, (err: BusinessError) => void>>();
assertType<Equal<ErrorCallback<RangeError>, (err: RangeError) => void>>();
assertType<Equal<AsyncCallback<boolean>, (err: BusinessError<void>, data: boolean) => void>>();
assertType<Equal<AsyncCallback<boolean, string>, (err: BusinessError<string>, data: boolean) => void>>();
assertType<Equal<webSocket.Callback<number>, Callback<number>>>();
assertType<Equal<webSocket.ErrorCallback, ErrorCallback>>();
assertType<Equal<webSocket.AsyncCallback<string>, AsyncCallback<string>>>();

assertType<Equal<webSocket.ProxyConfiguration, 'system' | 'no-proxy' | webSocket.HttpProxy>>();
assertType<
  Equal<
    webSocket.HttpProxy,
    { host: string; port: number; username?: string; password?: string; exclusionList?: string[] }
  >
>();
assertType<Equal<webSocket.ClientCert, { certPath: string; keyPath: string; keyPassword?: string }>>();
assertType<Equal<webSocket.WebSocketCloseOptions, { code?: number | undefined; reason?: string | undefined }>>();
assertType<Equal<webSocket.CloseResult, { code: number; reason: string }>>();
assertType<Equal<webSocket.ResponseHeaders, { [k: string]: string | string[] | undefined }>>();
assertType<Equal<webSocket.OpenResult, { status: number; message: string }>>();
assertType<Equal<webSocket.WebSocketOpenInfo, { status: number; message: string; protocol?: string }>>();

const versions: readonly [0, 1, 2, 3] = [
  webSocket.TlsProtocol.TLS_V_1_0,
  webSocket.TlsProtocol.TLS_V_1_1,
  webSocket.TlsProtocol.TLS_V_1_2,
  webSocket.TlsProtocol.TLS_V_1_3,
];
const version: webSocket.TlsProtocol = versions[2];

// A BusinessError is a class, with a number for its code, and data of the type that it was given.
const error: Error = new BusinessError(2302999, 'what happened');
assertType<Equal<BusinessError['code'], number>>();
assertType<Equal<BusinessError<string>['data'], string | undefined>>();

// ------------------------------------------------------------------------------------------------ the options

const everyOption: Required<webSocket.WebSocketRequestOptions> = {
  header: { name1: 'value1', 'Set-Of': ['a', 'b'], number: 1 },
  caPath: '',
  clientCert: { certPath: '', keyPath: '', keyPassword: '' },
  proxy: { host: '192.168.0.150', port: 8888, exclusionList: [] },
  protocol: 'my-protocol',
  skipServerCertVerification: false,
  pingInterval: 30,
  pongTimeout: 30,
  minSupportTlsProtocol: version,
  supportOriginPort: true,
};
assertType<
  Equal<
    keyof webSocket.WebSocketClientOptions,
    | keyof typeof everyOption
    | 'handshakeTimeout'
    | 'closeTimeout'
    | 'maxMessageSize'
    | 'maxUrlLength'
    | 'perMessageDeflate'
    | 'signal'
    | 'ca'
    | 'servername'
    | 'socketPath'
    | 'family'
    | 'localAddress'
    | 'lookup'
    | 'connection'
    | 'maxRedirects'
  >
>();
const ways: readonly webSocket.WebSocketClientOptions[] = [
  { proxy: 'socks5h://user:password@127.0.0.1:1080' },
  { proxy: { host: '127.0.0.1', port: 1080, type: 'socks5' } },
  { proxy: { host: 'proxy.test', port: 443, secure: true } },
  { ca: ['-----BEGIN CERTIFICATE-----', new Uint8Array()], servername: 'server.test' },
  { clientCert: { cert: '-----BEGIN CERTIFICATE-----', key: new Uint8Array(), keyPassword: 'secret' } },
  { socketPath: '/run/server.sock', maxRedirects: 5 },
  { family: 4, localAddress: '127.0.0.1', lookup: (_host, _options, done) => done(null, '127.0.0.1', 4) },
];
const system: webSocket.WebSocketRequestOptions = { proxy: 'system' };
const none: webSocket.WebSocketRequestOptions = { proxy: 'no-proxy' };
// The document assigns to options that it declared.
options.header = { name1: 'value1' };
options.caPath = '';

// ------------------------------------------------------------------------------------------------ the methods

ws.connect({ href: url, protocol: 'ws:' }, options);
ws.connect(url, (err: BusinessError, value: boolean) => void [err, value]);
ws.connect(url, options, (err: BusinessError, value: Object) => void [err, value]);
ws.connect(url, undefined, (err) => void err.code);
const connected: Promise<boolean> = ws.connect(url);
const connectedWith: Promise<boolean> = ws.connect(url, options);
assertType<Equal<ReturnType<typeof ws.connect>, Promise<boolean>>>();

ws.send('text', (err: BusinessError, value: boolean) => void [err, value]);
ws.send(bytes, (err: BusinessError) => void err);
ws.send(view, () => {});
const sent: Promise<boolean> = ws.send('text');
const sentBytes: Promise<boolean> = ws.send(bytes);

ws.close((err: BusinessError, value: boolean) => void [err, value]);
ws.close({ code: 1000, reason: 'your reason' }, (err: BusinessError) => void err);
const closed: Promise<boolean> = ws.close();
const closedWith: Promise<boolean> = ws.close({ code: 1000 });
const disposed: Promise<void> = made[Symbol.asyncDispose]();

// ------------------------------------------------------------------------------------------------ the events

const onOpen = (err: BusinessError, value: Object): void => void [err, value];
ws.on('open', onOpen);
ws.off('open', onOpen);
ws.off('open');
ws.on('open', (err, value) => assertType<Equal<[typeof err, typeof value], [BusinessError, webSocket.OpenResult]>>());
ws.on('openInfo', (_err, value) => assertType<Equal<typeof value, webSocket.WebSocketOpenInfo>>());
ws.on('message', (_err: BusinessError, value: string | ArrayBuffer) => void value);
ws.on('message', (err, value) =>
  assertType<Equal<[typeof err, typeof value], [BusinessError, string | ArrayBuffer]>>(),
);
ws.on('close', (_err: BusinessError, value: webSocket.CloseResult) => void value.code);
ws.on('error', (err: BusinessError) => JSON.stringify(err));
ws.on('error', (err) => assertType<Equal<typeof err, BusinessError>>());
ws.on('dataEnd', () => {});
ws.on('headerReceive', (headers: Object) => void headers);
ws.on('headerReceive', (headers) => assertType<Equal<typeof headers, webSocket.ResponseHeaders>>());
assertType<Equal<ReturnType<typeof ws.on>, void>>();

// ------------------------------------------------------------------------------------------ what must not compile

// @ts-expect-error a URL is a string
ws.connect(new Object());
// @ts-expect-error the URL may not be left out
ws.connect();
// @ts-expect-error an option that does not exist is a slip of the pen
ws.connect(url, { headers: {} });
// @ts-expect-error seconds are a number
ws.connect(url, { pingInterval: '30' });
// @ts-expect-error 4 is no version of TLS
ws.connect(url, { minSupportTlsProtocol: 4 });
// @ts-expect-error no such kind of proxy
ws.connect(url, { proxy: 'socks4://proxy.test' });
// @ts-expect-error no such way to the server
ws.connect(url, { proxy: 'none' });
// @ts-expect-error a proxy has a port
ws.connect(url, { proxy: { host: 'proxy.test' } });
// @ts-expect-error a certificate needs its key
ws.connect(url, { clientCert: { certPath: 'client.pem' } });
// @ts-expect-error a number is no message
ws.send(42);
// @ts-expect-error with a callback there is no promise
ws.send('text', () => {}).then();
// @ts-expect-error the code is a number
ws.close({ code: '1000' });
// @ts-expect-error no such event
ws.on('opened', () => {});
// @ts-expect-error a listener is a function
ws.on('open');
// @ts-expect-error the value of close is no string
ws.on('close', (_err: BusinessError, value: string) => value);
// @ts-expect-error the document has methods, not handlers
ws.onopen = () => {};
// @ts-expect-error the code of an error is not for the program to change
new BusinessError(401, '').code = 200;

export {
  closed,
  closedWith,
  connected,
  connectedWith,
  disposed,
  error,
  madeByNew,
  none,
  sent,
  sentBytes,
  system,
  ways,
};
