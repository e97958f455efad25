/** An echo server that keeps to RFC 6455 to the letter: to try clients with, and for `audit` without a URL. */
import type { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import net from 'node:net';
import type { TlsOptions } from 'node:tls';
import { MaskingKeys } from '../protocol/framing/mask.js';
import { OutputQueue } from '../protocol/framing/output-queue.js';
import { answerHandshake, refuse, type ServerAbilities } from '../protocol/handshake/server.js';
import { HeadReader } from '../protocol/http/head.js';
import { defaultHeadLimits } from '../protocol/http/limits.js';
import type { MessageExtension } from '../protocol/messages/extension.js';
import { Violation } from '../protocol/rules.js';
import { Session } from '../protocol/session.js';

export interface EchoServerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Those that the server speaks. Default: whichever the client offers first. */
  readonly subprotocols?: readonly string[];
  /** Certificate and key, for wss. */
  readonly tls?: TlsOptions;
  /** Bytes of a message. Default 64 MiB; above it the connection fails with 1009. */
  readonly maxMessageSize?: number;
  /** Whether to agree on permessage-deflate when the client offers it. Default `false`. */
  readonly perMessageDeflate?: boolean;
}

export interface EchoServer {
  /** With a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends all connections at once and stops listening. */
  close(): Promise<void>;
}

/** Milliseconds for the opening handshake, and for the client to go after the closing one. */
const handshakeTimeout = 10_000;
const closeTimeout = 2000;
/** Above this much unsent output nothing more is read: a client that does not read its echoes fills no memory. */
const congestion = 65536;

/** A server masks nothing; the session wants keys all the same. */
const keys = new MaskingKeys(randomFillSync);
const now = (): number => performance.now();

/** Starts a server; rejects when it cannot listen. */
export async function startEchoServer(options: EchoServerOptions = {}): Promise<EchoServer> {
  const { port = 0, host = '127.0.0.1', tls, subprotocols, perMessageDeflate = false } = options;
  const negotiate = perMessageDeflate ? await loadDeflate() : undefined;
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => void new EchoConnection(socket, options, { subprotocols, negotiate });
  const server =
    tls === undefined
      ? net.createServer({ allowHalfOpen: true, noDelay: true }, serve)
      : (await import('node:tls')).createServer({ ...tls, allowHalfOpen: true, noDelay: true } as TlsOptions, serve);
  // The sockets below TLS: one whose handshake failed is never given to `serve`, and would hold up `close`.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  return {
    url: `${tls === undefined ? 'ws' : 'wss'}://${authority}/`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function loadDeflate(): Promise<ServerAbilities['negotiate']> {
  const [zlib, { acceptOffer }] = await Promise.all([
    import('node:zlib'),
    import('../protocol/deflate/permessage-deflate.js'),
  ]);
  return (offers) => acceptOffer(offers, zlib);
}

/** One client: its request head, then a session in the server's role. */
class EchoConnection {
  readonly #socket: Socket;
  readonly #options: EchoServerOptions;
  readonly #abilities: ServerAbilities;
  /** The request line is judged with the rest of the head, by `answerHandshake`. */
  readonly #head = new HeadReader(defaultHeadLimits, () => {});
  readonly #output = new OutputQueue(() => this.#flush());
  #session: Session | undefined;
  #timer: NodeJS.Timeout;
  #ended = false;

  constructor(socket: Socket, options: EchoServerOptions, abilities: ServerAbilities) {
    this.#socket = socket;
    this.#options = options;
    this.#abilities = abilities;
    this.#timer = setTimeout(() => this.#refuse('408 Request Timeout', 'No request head in time.'), handshakeTimeout);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#receiveEnd());
    socket.on('drain', () => socket.resume());
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      clearTimeout(this.#timer);
      this.#session?.receiveEnd();
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return; // refused: what still comes is read and dropped, so that no reset overtakes the answer
    let at = 0;
    if (this.#session === undefined) {
      at = this.#receiveHead(chunk);
      if (this.#session === undefined) return;
    }
    this.#session.receive(chunk, at);
    this.#afterSession();
  }

  #receiveHead(chunk: Buffer): number {
    try {
      const at = this.#head.push(chunk, 0, chunk.length);
      const { head } = this.#head;
      if (head === undefined) return at;
      const answer = answerHandshake(head, this.#abilities);
      if (answer.accepted) {
        this.#socket.write(answer.bytes);
        this.#open(answer.extension);
      } else {
        this.#end(answer.bytes);
      }
      return at;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const tooLarge = error.rule.kind === 'limit';
      this.#refuse(
        tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request',
        `Expected that ${error.expected}.`,
      );
      return chunk.length;
    }
  }

  #refuse(status: string, explanation: string): void {
    this.#end(refuse(status, explanation).bytes);
  }

  /** The last bytes, then the end of our side; the client gets some time for its own. */
  #end(bytes: Buffer): void {
    this.#ended = true;
    this.#socket.end(bytes);
    this.#arm(closeTimeout);
  }

  #open(extension: MessageExtension | undefined): void {
    const { maxMessageSize = 64 * 2 ** 20 } = this.#options;
    const session = new Session(
      {
        message: (data) => {
          if (!session.isOpen) return;
          if (typeof data === 'string') session.sendText(data);
          else session.sendBinary(new Uint8Array(data));
        },
        response: () => {},
        open: () => {},
        pong: () => {},
        failed: () => {},
        closed: () => {},
      },
      {
        limits: { ...defaultHeadLimits, maxMessageSize, maxFragments: 131072, closeTimeout },
        sink: this.#output,
        random: randomFillSync,
        keys,
        now,
        extension,
      },
    );
    this.#session = session;
    clearTimeout(this.#timer);
  }

  #receiveEnd(): void {
    if (this.#session === undefined) {
      this.#socket.end();
    } else {
      this.#session.receiveEnd();
      this.#afterSession();
    }
  }

  #afterSession(): void {
    const session = this.#session!;
    this.#flush();
    // Whatever was sent still has to leave.
    if (session.isOver) this.#socket.destroySoon();
    else if (session.deadline !== Infinity) this.#arm(session.deadline - now());
  }

  #flush(): void {
    const output = this.#output;
    const socket = this.#socket;
    if (socket.writableEnded) return;
    for (let chunk = output.take(); chunk !== undefined; chunk = output.take()) {
      const done = chunk;
      socket.write(chunk.bytes, () => output.release(done));
    }
    // RFC 6455 §7.1.1: the server closes the TCP connection first.
    if (output.ended) socket.end();
    else if (socket.writableLength > congestion) socket.pause();
  }

  #arm(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#session === undefined) return void this.#socket.destroy();
      this.#session.expire();
      this.#afterSession();
    }, Math.ceil(delay));
  }
}
