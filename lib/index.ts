/**
 * The entry point of the package: the `webSocket` namespace, also as the default export, and what programs import by name.
 *
 * @example
 * import { webSocket } from 'ohos-websocket';
 * const ws = webSocket.createWebSocket();
 * ws.on('message', (err, message) => console.log(message));
 * await ws.connect('ws://127.0.0.1:8080/');
 */

export { setAllowedDomains } from './api/allowed-domains.js';
// Additions, beside the documented API
export type { ConnectionControls, ConnectionState, ControlFrameListener } from './api/control-types.js';
export { controls } from './api/controls.js';
export { toEmitter, type WebSocketEmitter } from './api/emitter.js';
export { BusinessError, type FailedResponse } from './api/errors.js';
export type { MessagePieces } from './api/message-source.js';
export { type MessagesOptions, messages, type StreamedMessagesOptions } from './api/messages.js';
export * as default from './api/namespace.js';
export * as webSocket from './api/namespace.js';
export { reconnecting } from './api/reconnecting.js';
export type {
  OpenedConnection,
  ReconnectingListeners,
  ReconnectingOptions,
  ReconnectingOutcome,
  ReconnectingWebSocket,
  RetryNotice,
} from './api/reconnecting-types.js';
export type { AsyncCallback, Callback, ErrorCallback } from './api/types.js';
