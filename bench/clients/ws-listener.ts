/** ws through `addEventListener`, as programs use it that are written for the interface of browsers. */

import type { Client, Link, Received, Target } from './client.js';
import { type BrowserWebSocket, WebLink } from './web-link.js';
import { openWs, wsClient } from './ws.js';

export const client: Client = {
  prepare: wsClient('arraybuffer').prepare,

  connect(target: Target, received: Received): Promise<Link> {
    const socket = openWs(target, 'arraybuffer') as unknown as BrowserWebSocket<{ error?: Error }>;
    socket.addEventListener('message', ({ data }) => received(data, 1));
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(new WebLink(socket)));
      socket.addEventListener('error', ({ error }) => reject(error ?? new Error('ws: connecting failed')));
    });
  },
};
