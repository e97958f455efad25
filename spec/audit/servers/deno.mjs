Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.args[0]) }, (request) => {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket')
    return new Response('no WebSocket', { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onerror = () => {};
  return response;
});
