/** A connection through a SOCKS5 proxy, on a socket that is connected to it. Loaded only when there is such a proxy. */
import type { Buffer } from 'node:buffer';
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { type Sentence, sentence } from '../../protocol/sentence.js';
import { Socks5, SocksError } from '../../protocol/socks/socks5.js';
import type { ConnectionFailure } from '../failure.js';
import { withoutZone } from './host.js';
import { StepListeners } from './listener-group.js';
import type { ProxyServer, ProxyTarget } from './proxy.js';
import type { TunnelHandler } from './proxy-tunnel.js';
import { reason } from './reason.js';

export interface SocksHandler extends TunnelHandler {
  /** It has not connected to this host or address; `failed` is not called then. */
  refused(failure: ConnectionFailure): void;
}

export class SocksTunnel {
  readonly refusal = undefined;
  readonly #socket: Socket;
  readonly #proxy: ProxyServer;
  readonly #handler: SocksHandler;
  readonly #socks: Socks5;
  readonly #listeners: StepListeners;

  /** @param target its host is what the proxy is to connect to: a name only when the proxy is to resolve it */
  constructor(socket: Socket, proxy: ProxyServer, target: Pick<ProxyTarget, 'host' | 'port'>, handler: SocksHandler) {
    this.#socket = socket;
    this.#proxy = proxy;
    this.#handler = handler;
    const host = withoutZone(target.host);
    this.#socks = new Socks5({ host, port: target.port, address: addressBytes(host) }, proxy.socks?.credentials);
    this.#listeners = new StepListeners(socket)
      .on('data', (chunk: Buffer) => this.#receive(chunk))
      .on('end', () => this.#lose(undefined))
      .on('error', (error: Error) => this.#lose(error))
      .on('close', () => this.#lose(undefined));
    this.#send();
  }

  /** Stops listening; neither handler is called any more. */
  stop(): void {
    this.#listeners.remove();
  }

  #send(): void {
    const output = this.#socks.takeOutput();
    if (output !== undefined) this.#socket.write(output);
  }

  #receive(chunk: Buffer): void {
    let at: number;
    try {
      at = this.#socks.push(chunk, 0, chunk.length);
    } catch (error) {
      if (!(error instanceof SocksError)) throw error;
      return this.#fail(error.sentence, error, error.isRefusal);
    }
    this.#send();
    if (!this.#socks.isEstablished) return;
    this.stop();
    this.#handler.established(chunk.subarray(at));
  }

  #lose(error: Error | undefined): void {
    const how = error === undefined ? '' : `: ${reason(error, this.#proxy.host)}`;
    const text = sentence`the proxy closed the connection before it answered ${this.#socks.awaits}${how}`;
    this.#fail(text, error);
  }

  #fail(text: Sentence, cause: unknown, isRefusal = false): void {
    this.stop();
    const report = isRefusal ? 'refused' : 'failed';
    this.#handler[report]({ kind: 'proxy', sentence: text, status: 0, attempted: true, cause });
  }
}

/** The bytes of an IP address; `undefined` for a name. */
function addressBytes(host: string): Uint8Array | undefined {
  if (isIPv4(host)) return Uint8Array.from(host.split('.'), Number);
  if (!isIPv6(host)) return undefined;
  // `URL` writes an IPv4 address at the end of it in the form of the rest.
  const [head = '', tail] = new URL(`http://[${host}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...zeros, ...last].flatMap((group) => [group >> 8, group & 0xff]));
}
