/**
 * The only door: the `webSocket` namespace, also as the default export, and what programs import by name.
 *
 * @example
 * import { webSocket } from 'ohos-websocket';
 * const ws = webSocket.createWebSocket();
 * ws.on('message', (err, message) => console.log(message));
 * await ws.connect('ws://127.0.0.1:8080/');
 */

export type { FailedResponse } from './api/errors.js';
export { BusinessError } from './api/errors.js';
// Additions of ours, beside the documented API
export { type MessagesOptions, messages, toEmitter, type WebSocketEmitter } from './api/messages.js';
export type { AsyncCallback, Callback, ErrorCallback } from './api/types.js';
export * as webSocket from './api/websocket.js';
export * as default from './api/websocket.js';
export { setAllowedDomains } from './transport/dial/target.js';
