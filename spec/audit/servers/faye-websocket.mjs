import http from 'node:http';
import WebSocket from 'faye-websocket';

const listener = http.createServer((_request, response) => response.writeHead(404).end());
listener.on('upgrade', (request, socket, body) => {
  if (!WebSocket.isWebSocket(request)) return void socket.destroy();
  const connection = new WebSocket(request, socket, body);
  connection.on('message', ({ data }) => connection.send(data));
});
listener.listen(Number(process.argv[2]), '127.0.0.1');
