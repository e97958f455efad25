/** A server that opens every connection, does what a spec says, frame by frame, and answers a Close frame with 1000. */
import type { Socket } from 'node:net';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { acceptance, closeFrame, type Link, type ReceivedRequest } from '../peer/link.js';
import { startPeer } from '../peer/scripted.js';

export interface OpeningPeer {
  readonly url: string;
  close(): Promise<void>;
}

/** `opened` gets each connection right after the 101. */
export async function startOpeningPeer(
  opened: (socket: Socket, request: ReceivedRequest) => void,
): Promise<OpeningPeer> {
  const ends: (() => Promise<void>)[] = [];
  const { url } = await startPeer({ after: (end) => ends.push(end) }, async (link) => {
    const request = await link.request();
    if (request.startLine.includes('/forbidden')) {
      return link.end('HTTP/1.1 403 No \x1b[31mway\r\nContent-Length: 9\r\n\r\ngo away\x1b\n');
    }
    link.write(acceptance(request));
    opened(link.socket, request);
    await answerClose(link);
  });
  return {
    url,
    close: async () => {
      for (const end of ends) await end();
    },
  };
}

async function answerClose(link: Link): Promise<void> {
  for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
    if (next.opcode === Opcode.close) return link.end(closeFrame(1000));
  }
}
