import { switchingProtocols } from '../../spec/peer/acceptance.js';

/** What an upgrade request asks for: the path picks the mode, the query its parameters. */
export interface Upgrade {
  readonly path: string;
  readonly query: URLSearchParams;
  /** The 101 response. */
  readonly response: string;
}

/**
 * Reads a whole request head (RFC 6455 §4.2). No subprotocol is ever accepted, and permessage-deflate only by the paths that
 * need it, in the form without parameters.
 */
export function upgrade(head: string): Upgrade {
  const target = /^GET (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1];
  const key = /^sec-websocket-key:[ \t]*(\S+)/im.exec(head)?.[1];
  if (target === undefined || key === undefined) throw new Error(`not a WebSocket upgrade: ${head.slice(0, 80)}`);
  const deflate = target.startsWith('/feed') && /^sec-websocket-extensions:.*permessage-deflate/im.test(head);
  const split = target.indexOf('?');
  return {
    path: split === -1 ? target : target.slice(0, split),
    query: new URLSearchParams(split === -1 ? '' : target.slice(split + 1)),
    response: switchingProtocols(key, ...(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate'] : [])),
  };
}
