/**
 * The WHATWG `WebSocket` class, on the transport of this package: the interface of browsers, for programs and libraries
 * that are written for it.
 *
 * @example
 * import { WebSocket } from 'ohos-websocket/web';
 * const ws = new WebSocket('ws://127.0.0.1:8080/', ['chat']);
 * ws.onmessage = ({ data }) => console.log(data);
 */

export { CloseEvent, type ConnectionErrorEvent, type WebMessageEvent } from './events.js';
export { type BinaryType, WebSocket, type WebSocketInit } from './websocket.js';
