/** Our own client as a program: connects to its last argument, once, and sends every message back. */
import process from 'node:process';
import webSocket from '../../../lib/index.js';

const client = webSocket.createWebSocket();
client.on('error', () => {});
client.on('message', (_error, data) => void client.send(data).catch(() => {}));
client.connect(process.argv.at(-1)!, { proxy: 'no-proxy', perMessageDeflate: true }).catch(() => {});
