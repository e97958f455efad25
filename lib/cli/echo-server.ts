/** `ohos-websocket echo-server`: the strict echo server, until it is interrupted. */
import { type EchoServer, startEchoServer } from '../echo/echo-server.js';
import { complain, defineCommand, flagOption, numberOption, textOption, UsageError } from './command.js';
import { interrupted } from './interrupted.js';

const name = 'echo-server';

export const echoServerCommand = defineCommand({
  name,
  usage: '[options]',
  about: `Sends every message back. Keeps to RFC 6455 strictly; made for trying clients, not for production.
Prints its URL, and runs until it is interrupted.`,
  options: {
    port: numberOption('PORT', 'port to listen on; 0: a free one', {
      least: 0,
      most: 65535,
      integer: true,
      otherwise: 0,
    }),
    host: textOption('HOST', 'address to listen on (default: 127.0.0.1)'),
    compress: flagOption('agree on permessage-deflate with clients that offer it'),
  },
  exit: { 0: 'interrupted', 1: 'it cannot listen' },
  examples: [
    'ohos-websocket echo-server --port 8080',
    'ohos-websocket connect ws://127.0.0.1:8080/   # meanwhile, in another terminal',
  ],
  run: async ({ port, host = '127.0.0.1', compress }, positionals, streams) => {
    if (positionals.length > 0) throw new UsageError(`expected options only, got ${positionals.length} arguments`);
    let server: EchoServer;
    try {
      server = await startEchoServer({ port, host, perMessageDeflate: compress });
    } catch (error) {
      complain(streams, name, `cannot listen on ${host}, port ${port}: ${(error as Error).message}`);
      return 1;
    }
    // Before the URL is out: its reader may send a signal at once.
    const stop = interrupted();
    streams.stdout.write(`${server.url}\n`);
    await stop;
    await server.close();
    return 0;
  },
});
