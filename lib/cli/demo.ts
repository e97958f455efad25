/** `ohos-websocket demo [URL]`: the platform document's example, every event printed as it comes. */
import { Buffer } from 'node:buffer';
import { startEchoServer } from '../echo/echo-server.js';
import { type BusinessError, webSocket } from '../index.js';
import { printable, printableJson, quote } from '../protocol/printable.js';
import { defineCommand, UsageError } from './command.js';
import { blotHeaders } from './link.js';

/** How long to wait for messages that come back; a server need not echo. */
const patience = 5000;

export const demoCommand = defineCommand({
  name: 'demo',
  usage: '[URL]',
  about: `Runs the example of the platform's documentation: connect with headers and a subprotocol, send "Hello, server!", then a
multi-byte text, a binary message and 1 MiB, then "bye", and close. Without a URL it starts an echo server of its own
on a free loopback port.`,
  options: {},
  exit: { 0: 'all went well', 1: 'the server is not there, or the connection is lost' },
  examples: ['ohos-websocket demo', 'ohos-websocket demo ws://127.0.0.1:8080/chat'],
  run: async (_values, positionals) => {
    if (positionals.length > 1) throw new UsageError(`expected one URL at most, got ${positionals.length} arguments`);
    const [url] = positionals;
    if (url !== undefined) return converse(url, 'system');
    const server = await startEchoServer({ subprotocols: ['my-protocol'] });
    console.log(`echo server     ${server.url}`);
    try {
      return await converse(server.url, 'no-proxy');
    } finally {
      await server.close();
    }
  },
});

/** @returns the exit status */
async function converse(url: string, proxy: webSocket.ProxyConfiguration): Promise<number> {
  const outgoing: (string | ArrayBuffer)[] = [
    'Hello, server!',
    'こんにちは, 世界 🌍',
    new Uint8Array([0xde, 0xad, 0xbe, 0xef]).buffer,
    'x'.repeat(2 ** 20),
    'bye',
  ];
  const ws = webSocket.createWebSocket();
  const sendNext = async () => {
    const message = outgoing.shift();
    if (message === undefined) return;
    await ws.send(message);
    console.log(`send success    ${describe(message)}`);
  };

  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const expectMessage = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        console.log(`no message within ${patience / 1000} s: this server does not echo; closing`);
        void ws.close();
      }, patience);
    };
    ws.on('headerReceive', (headers) => console.log(`on headerReceive  ${printableJson(blotHeaders(headers))}`));
    ws.on('open', (_error, value) => {
      console.log(`on open         ${printableJson(value)}`);
      expectMessage();
      sendNext().catch(report);
    });
    ws.on('openInfo', (_error, value) => console.log(`on openInfo     ${printableJson(value)}`));
    ws.on('message', (_error, value) => {
      console.log(`on message      ${describe(value)}`);
      expectMessage();
      if (value === 'bye') ws.close().then(() => console.log('close success'), report);
      else sendNext().catch(report);
    });
    ws.on('error', (error) => console.log(`on error        ${printableJson(error)}`));
    ws.on('close', (_error, value) => {
      console.log(`on close        code is ${value.code}, reason is ${printableJson(value.reason)}`);
      clearTimeout(timer);
      // Let "close success" be printed first.
      setImmediate(() => resolve(value.code === 1006 ? 1 : 0));
    });
    ws.connect(
      url,
      { header: { name1: 'value1', name2: 'value2', name3: 'value3' }, protocol: 'my-protocol', proxy },
      (error) => {
        if (error === undefined) return console.log('connect success');
        console.error(`connect fail    ${printable(error.message)} (code ${error.code})`);
        resolve(1);
      },
    );
  });
}

function report(error: BusinessError): void {
  console.error(`failed          ${printable(error.message)} (code ${error.code})`);
}

function describe(message: string | ArrayBuffer): string {
  if (typeof message !== 'string') {
    return `binary, ${message.byteLength} bytes: ${Buffer.from(message.slice(0, 16)).toString('hex')}`;
  }
  return `text, ${Buffer.byteLength(message)} bytes: ${quote(message, 40)}`;
}
