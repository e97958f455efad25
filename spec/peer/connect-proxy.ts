/** An HTTP proxy that makes tunnels for those who give the right credentials; names in `test` are this machine to it. */
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { listenOn, type Scope } from './listening.js';

export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of every tunnel that was made. */
  readonly tunnels: readonly string[];
  /** The User-Agent of every CONNECT. */
  readonly agents: readonly (string | undefined)[];
  /** Resolves when nobody is connected any more. */
  idle(): Promise<void>;
}

/**
 * @param credentials what `Proxy-Authorization: Basic` has to hold, `user:password`
 * @param tls of a proxy that is itself reached by TLS
 */
export async function startConnectProxy(
  scope: Scope,
  credentials: string,
  tls?: { readonly cert: Buffer; readonly key: Buffer },
): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const agents: (string | undefined)[] = [];
  const expected = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  server.on('connect', (request, client: Socket) => {
    agents.push(request.headers['user-agent']);
    if (request.headers['proxy-authorization'] !== expected) {
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(Number(port), hostname.endsWith('.test') ? '127.0.0.1' : hostname, () => {
      tunnels.push(request.url!);
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(onward).pipe(client);
    });
    onward.on('error', () => client.destroy());
    client.on('close', () => onward.destroy());
  });
  const { port, idle } = await listenOn(scope, server);
  return { port, tunnels, agents, idle };
}
