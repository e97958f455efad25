import http from 'node:http';
import websocket from 'websocket';

const listener = http
  .createServer((_request, response) => response.writeHead(404).end())
  .listen(Number(process.argv[2]), '127.0.0.1');
const server = new websocket.server({ httpServer: listener, autoAcceptConnections: true });
server.on('connect', (connection) => {
  connection.on('message', ({ type, utf8Data, binaryData }) => {
    if (type === 'utf8') connection.sendUTF(utf8Data);
    else connection.sendBytes(binaryData);
  });
});
