/** Listening to the diagnostics channels of this client, all of them in one go. */
import { subscribe as subscribeChannel, unsubscribe } from 'node:diagnostics_channel';
import type { Channel, ObservedEvent } from '../protocol/recording/events.js';

/**
 * Calls the listener with every event of the channels, in order, for connections that start from now on. The listener
 * must neither keep the buffers of an event nor use a connection.
 *
 * @returns a function that ends it
 */
export function subscribe(channels: readonly Channel[], listener: (event: ObservedEvent) => void): () => void {
  const heard = (event: unknown): void => listener(event as ObservedEvent);
  for (const channel of channels) subscribeChannel(`ohos-websocket:${channel}`, heard);
  return () => {
    for (const channel of channels) unsubscribe(`ohos-websocket:${channel}`, heard);
  };
}
