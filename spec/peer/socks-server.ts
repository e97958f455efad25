/** A SOCKS5 server that makes connections, with or without credentials. */
import { connect, createServer, type Socket } from 'node:net';
import { listenOn, type Scope } from './listening.js';

export interface SocksServer {
  readonly port: number;
  /** What it was asked for: `name h.test:80`, `ipv4 127.0.0.1:80`, `ipv6 …`. */
  readonly asked: readonly string[];
}

export interface SocksOptions {
  /** `user:password`; default: none are wanted. */
  readonly credentials?: string;
  /** Where it connects to, whatever it is asked for; default: as it was asked. */
  readonly host?: string;
  /** Codes of refusal for the first requests. */
  readonly refusals?: readonly number[];
}

/** The exact number of bytes, however they arrive. */
async function* pieces(socket: Socket): AsyncGenerator<Buffer, void, number> {
  let size = yield Buffer.alloc(0);
  for (;;) {
    let chunk: Buffer | null;
    while ((chunk = socket.read(size) as Buffer | null) === null) {
      if (socket.destroyed || socket.readableEnded) return;
      await new Promise((resolve) => socket.once('readable', resolve).once('close', resolve));
    }
    size = yield chunk;
  }
}

export async function startSocksServer(scope: Scope, options: SocksOptions = {}): Promise<SocksServer> {
  const asked: string[] = [];
  const refusals = [...(options.refusals ?? [])];
  const serve = async (socket: Socket): Promise<void> => {
    const input = pieces(socket);
    await input.next();
    const take = async (size: number): Promise<Buffer> => {
      const { value } = await input.next(size);
      if (value === undefined) throw new Error('the client is gone');
      return value;
    };
    const [, methods] = await take(2);
    const offered = await take(methods!);
    const wanted = options.credentials === undefined ? 0 : 2;
    if (!offered.includes(wanted)) return void socket.end(Buffer.of(5, 0xff));
    socket.write(Buffer.of(5, wanted));
    if (wanted === 2) {
      await take(1);
      const user = await take((await take(1))[0]!);
      const password = await take((await take(1))[0]!);
      const isRight = `${user}:${password}` === options.credentials;
      socket.write(Buffer.of(1, isRight ? 0 : 1));
      if (!isRight) return void socket.end();
    }
    const [, , , kind] = await take(4);
    const address = await take(kind === 1 ? 4 : kind === 4 ? 16 : (await take(1))[0]!);
    const port = (await take(2)).readUInt16BE();
    const host =
      kind === 1
        ? [...address].join('.')
        : kind === 3
          ? address.toString()
          : address.toString('hex').replace(/(....)(?!$)/g, '$1:');
    asked.push(`${kind === 1 ? 'ipv4' : kind === 3 ? 'name' : 'ipv6'} ${host}:${port}`);
    const refusal = refusals.shift();
    if (refusal !== undefined) return void socket.end(Buffer.of(5, refusal, 0, 1, 0, 0, 0, 0, 0, 0));
    const onward = connect(port, options.host ?? host, () => {
      socket.write(Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.end(Buffer.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)));
    socket.on('close', () => onward.destroy());
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket).catch(() => socket.destroy());
  });
  const { port } = await listenOn(scope, server);
  return { port, asked };
}
