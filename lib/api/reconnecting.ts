/** A WebSocket that connects again by itself: an addition. Here is its face; the rest is loaded by its first use. */

import additions from '#additions';
import coreClass from '#core';
import type { ReconnectingOptions, ReconnectingWebSocket } from './reconnecting-types.js';
import type { WebSocketUrl } from './types.js';

/**
 * Connects, and connects again when the connection is lost:
 *
 *     const ws = reconnecting('wss://example.com/feed', { resubscribe: ({ send }) => send('subscribe') });
 *     ws.on('message', (err, message) => console.log(message));
 *
 * It begins in the next turn of the event loop, so that listeners can be registered. Delays double, and are half random;
 * Retry-After is heeded. What is sent meanwhile waits, within bounds.
 *
 * @param url or a function that gives it for each attempt; when it fails, so does the attempt
 * @throws {BusinessError} 401 or 2302001 for arguments with which no attempt could succeed
 */
export function reconnecting(
  url: WebSocketUrl | (() => WebSocketUrl | PromiseLike<WebSocketUrl>),
  options: ReconnectingOptions = {},
): ReconnectingWebSocket {
  const { Reconnection } = additions.reconnection();
  return new Reconnection(url, options, new (coreClass())());
}
