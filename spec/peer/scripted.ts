/**
 * A server on a real socket that does what a script says, right or wrong.
 *
 *     it('…', async (t) => {
 *       const peer = await startPeer(t, async (link) => { await link.accept(); link.reset(); });
 *       await ws.connect(peer.url);
 *     });
 */
import { Buffer } from 'node:buffer';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { Link } from './link.js';
import { listenOn, type Scope } from './listening.js';

export type { Scope } from './listening.js';

/** When it is done, the server ends its side as soon as the client has ended its own; until then it stays open. */
export type Script = (link: Link) => void | Promise<void>;

/** Accepts, with these bytes glued to the 101, then does what a correct server does. */
export const greeting =
  (...pieces: readonly Uint8Array[]): Script =>
  async (link) => {
    await link.accept([], Buffer.concat(pieces));
    await link.serve();
  };

export const correct = greeting();

export interface Peer {
  readonly url: string;
  readonly port: number;
  /** How many clients have come so far. */
  readonly accepted: number;
  /** Resolves when no client is connected. */
  allGone(): Promise<void>;
}

/**
 * Listens on a free port of the loopback interface, until the test is over. What a script throws fails the test.
 *
 * @param secure of a TLS server; without them the server is plain
 */
export async function startPeer(scope: Scope, script: Script, secure?: TlsOptions): Promise<Peer> {
  let accepted = 0;
  let failure: unknown;
  const started = (socket: Socket): void => {
    accepted++;
    const link = new Link(socket);
    const play = async (): Promise<void> => {
      await script(link);
      await link.ended();
      link.end();
    };
    play().catch((error: unknown) => {
      failure ??= error;
      socket.destroy();
    });
  };
  // Half-open: a script decides about each direction.
  const options = { allowHalfOpen: true, noDelay: true };
  const server =
    secure === undefined ? createServer(options, started) : createTlsServer({ ...options, ...secure }, started);
  server.on('tlsClientError', () => {});
  // Steps run in order: what a script threw is known when its connection is gone.
  const { port, idle } = await listenOn(scope, server);
  scope.after(async () => {
    if (failure !== undefined) throw failure;
  });
  return {
    url: secure === undefined ? `ws://127.0.0.1:${port}/` : `wss://localhost:${port}/`,
    port,
    get accepted() {
      return accepted;
    },
    allGone: idle,
  };
}
