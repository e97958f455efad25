import type { ClientName } from '../clients/names.js';

/** How a client looks in every plot; the colours keep apart for readers who see few of them, ours is the thick one. */
export interface Style {
  readonly color: string;
  readonly width: number;
  readonly dash: string;
}

export const styles: { readonly [client in ClientName]: Style } = {
  'ohos-websocket': { color: '#0072b2', width: 3, dash: '' },
  'ohos-web': { color: '#0072b2', width: 3, dash: '6 3' },
  ws: { color: '#e69f00', width: 2, dash: '' },
  'ws-buffer': { color: '#e69f00', width: 1.5, dash: '2 3' },
  'ws-listener': { color: '#e69f00', width: 1.5, dash: '6 3' },
  undici: { color: '#009e73', width: 1.5, dash: '' },
  websocket: { color: '#cc79a7', width: 1.5, dash: '' },
  'faye-websocket': { color: '#d55e00', width: 1.5, dash: '' },
  bun: { color: '#b5a642', width: 1.5, dash: '' },
  deno: { color: '#44aa99', width: 1.5, dash: '' },
  prototype: { color: '#56b4e9', width: 2, dash: '4 3' },
  libwebsockets: { color: '#8c6bb1', width: 1.5, dash: '' },
  raw: { color: '#808080', width: 1.5, dash: '6 4' },
};

/** What the plots call a client. */
export const titles: { readonly [client in ClientName]: string } = {
  'ohos-websocket': 'ohos-websocket',
  'ohos-web': 'ohos-websocket/web',
  ws: 'ws',
  'ws-buffer': 'ws, delivering Buffer',
  'ws-listener': 'ws, through addEventListener',
  undici: 'undici',
  websocket: 'websocket',
  'faye-websocket': 'faye-websocket',
  bun: 'Bun (its own class)',
  deno: 'Deno (its own class)',
  prototype: 'prototype (no rules)',
  libwebsockets: 'libwebsockets (C)',
  raw: 'raw socket (floor)',
};
