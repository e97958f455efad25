/** Small programs that use the package as users do. Each gets a URL, and options as JSON, as its arguments. */

/** Says a text and some bytes, prints their echoes, and how the connection ended. */
const converse = `
const [url, options] = [process.argv[2], { proxy: 'no-proxy', ...JSON.parse(process.argv[3] ?? '{}') }];
const ws = webSocket.createWebSocket();
ws.on('message', (err, message) => {
  console.log(typeof message === 'string' ? message : 'binary ' + message.byteLength);
  if (message === 'bye') ws.close();
});
ws.on('close', (err, { code }) => console.log('closed ' + code));
ws.connect(url, options, (err) => {
  if (err !== undefined) return console.log('failed ' + err.code + ' ' + err.message);
  ws.send('grüße');
  ws.send(new Uint8Array(70000));
  ws.send('bye');
});
`;

export const conversation = 'grüße\nbinary 70000\nbye\nclosed 1000\n';

export const programs = {
  'program.mjs': `import { webSocket } from 'ohos-websocket';${converse}`,
  'program.cjs': `const { webSocket } = require('ohos-websocket');${converse}`,
} as const;
