/** A tunnel on a connection to a proxy: the CONNECT request, the reply, and what it means when there is none. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { challengeSchemes } from '../../protocol/http/challenges.js';
import { encodeConnectRequest, type TunnelRefusal, TunnelReply, tunnelAuthority } from '../../protocol/http/connect.js';
import { printable, shorten } from '../../protocol/printable.js';
import { Violation } from '../../protocol/rules.js';
import { option, type Sentence, sentence } from '../../protocol/sentence.js';
import type { ConnectionFailure } from '../failure.js';
import { withoutZone } from './host.js';
import { StepListeners } from './listener-group.js';
import type { ProxyServer, ProxyTarget } from './proxy.js';
import { reason } from './reason.js';

export interface TunnelHandler {
  /** `head`: bytes after the reply's head; they belong to the tunnel. The socket has no listener of ours any more. */
  established(head: Buffer): void;
  failed(failure: ConnectionFailure): void;
}

/** What a tunnel is asked for. */
export interface TunnelPlan {
  readonly target: ProxyTarget;
  readonly userAgent?: string | undefined;
}

/** How long the body of a refusal may take, in milliseconds. */
const refusalTimeout = 1000;

/** Asks for a tunnel, on a connected socket. */
export class Tunnel {
  readonly #proxy: ProxyServer;
  readonly #authority: string;
  readonly #handler: TunnelHandler;
  readonly #reply: TunnelReply;
  readonly #listeners: StepListeners;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, proxy: ProxyServer, { target, userAgent }: TunnelPlan, handler: TunnelHandler) {
    this.#proxy = proxy;
    // The zone of an address is about this machine's interfaces, not about the proxy's.
    this.#authority = tunnelAuthority(withoutZone(target.host), target.port);
    this.#handler = handler;
    this.#reply = new TunnelReply(proxy.authorization);
    this.#listeners = new StepListeners(socket)
      .on('data', (chunk: Buffer) => this.#receive(chunk))
      .on('end', () => this.#lose(undefined))
      .on('error', (error: Error) => this.#lose(error))
      .on('close', () => this.#lose(undefined));
    socket.write(encodeConnectRequest(this.#authority, proxy.authorization, userAgent));
  }

  /** What the proxy has answered, when that is a refusal whose body is not complete yet. */
  get refusal(): ConnectionFailure | undefined {
    return this.#reply.state === 'refused' ? this.#refused() : undefined;
  }

  /** Stops listening; neither handler is called any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#listeners.remove();
  }

  #receive(chunk: Buffer): void {
    let at: number;
    try {
      at = this.#reply.push(chunk, 0, chunk.length);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const proxy = tunnelAuthority(this.#proxy.host, this.#proxy.port);
      return this.#fail(`the answer of ${proxy} to CONNECT is not one of an HTTP proxy: ${error.message}`, error);
    }
    if (this.#reply.state === 'established') {
      this.stop();
      this.#handler.established(chunk.subarray(at));
    } else if (this.#reply.state === 'refused') {
      if (this.#reply.isComplete) this.#refuse();
      else this.#timer ??= setTimeout(() => this.#refuse(), refusalTimeout);
    }
  }

  #lose(error: Error | undefined): void {
    if (this.#reply.state === 'refused') return this.#refuse();
    const { received } = this.#reply;
    const when =
      received === 0 ? 'before it answered CONNECT' : `in the middle of its answer to CONNECT, after ${received} bytes`;
    const how = error === undefined ? '' : `: ${reason(error, this.#proxy.host)}`;
    const ended = `the end of the connection after ${received} bytes`;
    const cause = error ?? new Violation('http-head-complete', ended, received);
    this.#fail(`the proxy closed the connection ${when}${how}`, cause);
  }

  #refuse(): void {
    this.stop();
    this.#handler.failed(this.#refused());
  }

  #refused(): ConnectionFailure {
    const { refusal } = this.#reply;
    const { status, message } = refusal.status;
    const answer = `${status} ${printable(shorten(message, 60))}`.trim();
    const advice = adviceFor(refusal, this.#authority, this.#proxy.authorization !== undefined);
    const cause = new Violation('connect-status', answer, 0);
    const text = sentence`the proxy answered CONNECT with ${answer}: ${advice}`;
    return { kind: 'refused', sentence: text, status, attempted: true, cause, refusal };
  }

  #fail(message: string, cause: unknown): void {
    this.stop();
    this.#handler.failed({ kind: 'proxy', sentence: [message], status: 0, attempted: true, cause });
  }
}

/** What a status means, and what to do about it. */
function adviceFor({ status: { status }, head }: TunnelRefusal, authority: string, hadCredentials: boolean): Sentence {
  switch (status) {
    case 407: {
      const schemes = challengeSchemes(head.values('proxy-authenticate'));
      if (schemes.length > 0 && !schemes.some((scheme) => scheme.toLowerCase() === 'basic')) {
        return sentence`it wants authentication by ${schemes
          .slice(0, 4)
          .map((scheme) => printable(shorten(scheme, 24)))
          .join(' or ')}, and only Basic is supported`;
      }
      if (hadCredentials) return sentence`it does not accept the user name and password`;
      return sentence`it wants a user name and password: give username and password in the option ${option('proxy')}, or in the URL of the environment's variable`;
    }
    case 403:
      return sentence`it does not allow a tunnel to ${authority}`;
    case 400:
    case 405:
    case 501:
      return sentence`it does not support tunnels, or not for this kind of request`;
    case 502:
    case 503:
      return sentence`it could not connect to ${authority}`;
    case 504:
      return sentence`it got no answer from ${authority} in time`;
    default:
      return sentence`expected a 2xx status`;
  }
}
