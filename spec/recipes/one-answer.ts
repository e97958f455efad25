import { once } from 'node:events';
import { toEmitter, webSocket } from 'ohos-websocket';

/** Asks one question. The connection is closed when the block is left, whatever happened in it. */
export async function oneAnswer(url: string, question: string, signal: AbortSignal): Promise<unknown> {
  await using ws = webSocket.createWebSocket(); // without `using`: try … finally { await ws.close() }
  const answer = once(toEmitter(ws), 'message', { signal });
  answer.catch(() => {}); // when connect fails first, nobody is left to look at it
  await ws.connect(url, { signal });
  await ws.send(question);
  const [message] = await answer;
  return message;
}
