import { webSocket } from 'ohos-websocket';

/** To a server with a certificate of the company's own CA, which wants to see a certificate of ours. */
export async function withPrivateCa(
  url: string,
  caPath: string, // a PEM file or a folder of them: only these are trusted
  clientCert: webSocket.ClientCert, // { certPath, keyPath, keyPassword? }
): Promise<webSocket.WebSocket> {
  const ws = webSocket.createWebSocket();
  await ws.connect(url, { caPath, clientCert, minSupportTlsProtocol: webSocket.TlsProtocol.TLS_V_1_2 });
  return ws;
}
