/** One part of a transcript, played to a live peer: the server's to whoever connects, or the client's to a server. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Transcript } from '../trace/transcript-reader.js';
import { playClient, playServer } from './played-peer.js';
import { listen, type Relay, type RelayOptions, runClients } from './relay-server.js';
import type { ServerSide } from './relayed-connection.js';
import { readPlayedConnections } from './transcript-parts.js';

/** How a part is played, beside what a relay is given. */
export interface ReplayOptions extends Omit<RelayOptions, 'connect'> {
  /** Without the times of the transcript. Default `false`: each piece comes as long after the response as it did then. */
  readonly atOnce?: boolean | undefined;
}

/**
 * Plays the server's part of a transcript to whoever connects: the first client gets the first connection, and so on, then
 * from the start again. Sec-WebSocket-Accept answers the client's key; a subprotocol and compression are left out for a client
 * that does not offer them.
 *
 * @param transcript what `readTranscript` of `ohos-websocket/replay` gives: of a relay, of `connect --transcript`, of a trace
 * @throws {TypeError} there is no connection in it
 */
export async function startReplayServer(transcript: Transcript, options: ReplayOptions = {}): Promise<Relay> {
  const connections = playable(transcript);
  let count = 0;
  const side: ServerSide = {
    origin: 'ws://replay',
    change: (head) => head,
    connect: (_story, handler) => {
      const connection = connections[count++ % connections.length]!;
      // In a turn of its own, as if it had been dialed.
      const soon = setImmediate(() => {
        const peer = playServer(connection, options.atOnce ?? false) as Socket;
        handler.connected(peer);
        // A copy: the transcript's bytes are played again, and the receiver may change what it gets.
        peer.on('data', (bytes: Buffer) => handler.received(Buffer.from(bytes)));
      });
      return () => clearImmediate(soon);
    },
  };
  return listen(side, options);
}

/**
 * Plays the client's part of every connection of a transcript to a server, one after the other: the requests but for Host, then
 * the frames with the masking keys that they had. Resolves when the last one is over.
 *
 * @param side the server
 * @throws {TypeError} there is no connection in the transcript
 */
export async function playClients(transcript: Transcript, side: ServerSide, options: ReplayOptions): Promise<void> {
  const clients = playable(transcript).map(
    (connection) => () => playClient(connection, options.atOnce ?? false) as Socket,
  );
  await runClients(side, options, clients);
}

function playable(transcript: Transcript) {
  const connections = readPlayedConnections(transcript);
  if (connections.length === 0) throw new TypeError('there is no connection with a request in the transcript');
  return connections;
}
