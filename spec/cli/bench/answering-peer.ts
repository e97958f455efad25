/** A server that answers each message as a spec says, for what an echo server does not do. */
import { Opcode } from '../../../lib/protocol/framing/opcode.js';
import { acceptance, closeFrame, frame, type Link, text } from '../../peer/link.js';
import { startPeer } from '../../peer/scripted.js';

export interface AnsweringPeer {
  readonly url: string;
  /** The addresses that clients came from. */
  readonly sources: ReadonlySet<string>;
  close(): Promise<void>;
}

/** What it does with a message: the text of the answer, or nothing. */
export type Answer = (message: string, link: Link) => string | undefined;

export interface AnsweringOptions {
  readonly answer?: Answer;
  /** Whether a connection, counted from 0, is refused with 503. */
  readonly refuses?: (connection: number) => boolean;
  /** Right after the 101. */
  readonly opened?: (link: Link) => void;
}

export async function startAnsweringPeer({ answer, refuses, opened }: AnsweringOptions): Promise<AnsweringPeer> {
  const ends: (() => Promise<void>)[] = [];
  const sources = new Set<string>();
  let connections = 0;
  const { url } = await startPeer({ after: (end) => ends.push(end) }, async (link) => {
    sources.add(link.socket.remoteAddress!);
    const request = await link.request();
    if (refuses?.(connections++) === true) {
      return link.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    }
    link.write(acceptance(request));
    opened?.(link);
    for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
      if (next.opcode === Opcode.close) return link.end(closeFrame(1000));
      if (next.opcode === Opcode.ping) link.write(frame(Opcode.pong, next.payload));
      if (next.opcode !== Opcode.text) continue;
      const said = answer?.(next.payload.toString(), link);
      if (said !== undefined) link.write(text(said));
    }
  });
  return {
    url,
    sources,
    close: async () => {
      for (const end of ends) await end();
    },
  };
}
