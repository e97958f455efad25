/** `ohos-websocket echo-server`: the strict echo server, until it is interrupted. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type EchoServer, startEchoServer } from '../echo/echo-server.js';

export const help = `Usage: ohos-websocket echo-server [options]

Sends every message back. Keeps to RFC 6455 strictly; made for trying clients, not for production.
Prints its URL, and runs until it is interrupted.

Options:
  --port PORT   port to listen on (default: a free one)
  --host HOST   address to listen on (default: 127.0.0.1)
  --compress    agree on permessage-deflate
  --help        print this

Examples:
  ohos-websocket echo-server --port 8080
  ohos-websocket connect ws://127.0.0.1:8080/`;

/** @returns the exit status: 0 when interrupted, 1 when it cannot listen, 2 for a usage error */
export async function run(args: readonly string[]): Promise<number> {
  let port = 0;
  let host = '127.0.0.1';
  let perMessageDeflate = false;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        compress: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      process.stdout.write(`${help}\n`);
      return 0;
    }
    host = values.host ?? host;
    perMessageDeflate = values.compress ?? false;
    port = Number(values.port ?? port);
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new RangeError(`--port must be an integer between 0 and 65535, got ${JSON.stringify(values.port)}`);
    }
  } catch (error) {
    process.stderr.write(`echo-server: ${(error as Error).message}\nTry: ohos-websocket echo-server --help\n`);
    return 2;
  }
  let server: EchoServer;
  try {
    server = await startEchoServer({ port, host, perMessageDeflate });
  } catch (error) {
    process.stderr.write(`echo-server: cannot listen on ${host}, port ${port}: ${(error as Error).message}\n`);
    return 1;
  }
  // Before the URL is out: whoever reads it may send a signal at once.
  const stop = interrupted();
  process.stdout.write(`${server.url}\n`);
  await stop;
  await server.close();
  return 0;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
