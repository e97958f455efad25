/** Where random programs connect to: one script behind a plain server, a TLS server, and a proxy before each. */
import type { WebSocketClientOptions } from '../../lib/api/types.js';
import { certificates } from '../peer/certificates.js';
import { type ConnectProxy, startConnectProxy } from '../peer/connect-proxy.js';
import { acceptance, closeFrame, frame, type Link, text } from '../peer/link.js';
import { type Scope, startPeer } from '../peer/scripted.js';

export interface Place {
  readonly title: string;
  url(behavior: Behavior): string;
  readonly options: WebSocketClientOptions;
}

export interface Places {
  readonly all: readonly Place[];
  /** Resolves when nobody is connected any more. */
  idle(): Promise<void>;
}

/** What a server does with a connection; the path of the URL names it. */
export const behaviors = ['echo', 'greet', 'leave', 'reset', 'break', 'refuse', 'cut', 'silent'] as const;
export type Behavior = (typeof behaviors)[number];

/** How a server leaves. */
export const leaving = { code: 4001, reason: 'leaving' } as const;

async function play(link: Link): Promise<void> {
  const request = await link.request();
  const behavior = request.startLine.split(/[ /]+/)[1] as Behavior;
  if (behavior === 'silent') return;
  if (behavior === 'cut') return link.reset();
  if (behavior === 'refuse') return link.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  link.write(acceptance(request));
  if (behavior === 'greet') link.write(text('hello'));
  if (behavior === 'leave') link.write(closeFrame(leaving.code, leaving.reason));
  if (behavior === 'break') link.write(frame(3));
  if (behavior === 'reset') {
    await link.frame();
    return link.reset();
  }
  await link.serve();
}

/** A client may go away whenever it likes: that ends a script early, and is no failure. */
const script = (link: Link): Promise<void> => play(link).catch(() => {});

export async function startPlaces(scope: Scope): Promise<Places> {
  const certs = await certificates();
  const credentials = { username: 'user', password: 'pass' };
  const proxy: ConnectProxy = await startConnectProxy(scope, 'user:pass');
  const plain = await startPeer(scope, script);
  const secure = await startPeer(scope, script, certs.server.pem());
  const direct = { proxy: 'no-proxy' } as const;
  const tunnelled = { proxy: { host: '127.0.0.1', port: proxy.port, ...credentials, exclusionList: [] } };
  const trusting = { caPath: certs.root };
  const place = (title: string, base: string, options: WebSocketClientOptions): Place => ({
    title,
    url: (behavior) => `${base}${behavior}`,
    options,
  });
  return {
    all: [
      place('plain', plain.url, direct),
      place('TLS', secure.url, { ...direct, ...trusting }),
      place('tunnelled', plain.url, tunnelled),
      place('tunnelled TLS', secure.url, { ...tunnelled, ...trusting }),
    ],
    idle: async () => {
      await Promise.all([plain.allGone(), secure.allGone(), proxy.idle()]);
    },
  };
}
