import type { Client } from './client.js';

/**
 * All clients, in the order of every table. `ohos-web` is our class of browsers, `ws-buffer` ws delivering its own
 * `Buffer` (receiving binary only), `ws-listener` ws through `addEventListener` (receiving and echo), libwebsockets a C
 * program of its own; `bun` and `deno` are the classes of those runtimes, `prototype` the hot path alone without any
 * rule, `raw` the floor: prepared bytes on a bare socket.
 */
export const clientNames = [
  'ohos-websocket',
  'ohos-web',
  'ws',
  'ws-buffer',
  'ws-listener',
  'undici',
  'websocket',
  'faye-websocket',
  'bun',
  'deno',
  'libwebsockets',
  'prototype',
  'raw',
] as const;

export type ClientName = (typeof clientNames)[number];
/** The clients in JavaScript, each from a module of its own; Bun's and Deno's run in them. */
export type NodeClientName = Exclude<ClientName, 'libwebsockets'>;

/** Loads one client and nothing of the others; `library` is the module of those that have no package: ours, the prototype. */
export async function loadClient(name: NodeClientName, library?: string): Promise<Client> {
  if (name === 'ohos-websocket') return (await import('./ohos-websocket.js')).clientOf(library);
  if (name === 'prototype') return (await import('./prototype.js')).clientOf(library ?? '');
  if (name === 'bun' || name === 'deno') return (await import('./web.js')).client;
  const module = (await import(`./${name}.js`)) as { client: Client };
  return module.client;
}
