import type { Client } from './client.js';

/**
 * All clients, in the order of every table. `ws-buffer` is ws delivering its own `Buffer` (receiving binary only),
 * libwebsockets a
 * C program of its own, `raw` the floor: prepared bytes on a bare socket.
 */
export const clientNames = [
  'ohos-websocket',
  'ws',
  'ws-buffer',
  'undici',
  'websocket',
  'faye-websocket',
  'libwebsockets',
  'raw',
] as const;

export type ClientName = (typeof clientNames)[number];
/** The clients that run inside Node, each from a module of its own. */
export type NodeClientName = Exclude<ClientName, 'libwebsockets'>;

/** Loads one client and nothing of the others; `library` is another build of this package, for its own client only. */
export async function loadClient(name: NodeClientName, library?: string): Promise<Client> {
  if (name === 'ohos-websocket') return (await import('./ohos-websocket.js')).clientOf(library);
  const module = (await import(`./${name}.js`)) as { client: Client };
  return module.client;
}
