/** A TCP relay between client and server that mistreats what passes: late, in bytes, in lumps, cut off, or never. */
import { Buffer } from 'node:buffer';
import { connect, createServer, type Socket } from 'node:net';
import { listenOn, type Scope } from '../peer/listening.js';

/** What happens to one direction. */
export interface Way {
  /** How a chunk is split into writes; default: as it came. Each write is a turn of the event loop after the last. */
  readonly split?: (chunk: Buffer) => Buffer[];
  /** Turns of the event loop by which every chunk is late; what has come until then is one chunk. */
  readonly turns?: () => number;
  /** After so many bytes `ending` happens; nothing more of this direction passes. */
  readonly after?: number;
  /** `silence`: both links stay, and carry nothing any more. */
  readonly ending?: 'reset' | 'end' | 'silence';
}

export interface Treatment {
  readonly toClient?: Way;
  readonly toServer?: Way;
}

export interface Relay {
  readonly port: number;
  /** Resolves when no connection passes any more. */
  idle(): Promise<void>;
}

/** @param treat of the connections in the order in which they come */
export async function startRelay(scope: Scope, serverPort: number, treat: () => Treatment): Promise<Relay> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    listening.keep(upstream);
    const { toClient = {}, toServer = {} } = treat();
    const link = { silent: false };
    pass(upstream, client, toClient, link);
    pass(client, upstream, toServer, link);
  });
  const listening = await listenOn(scope, server);
  return listening;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function pass(from: Socket, to: Socket, way: Way, link: { silent: boolean }): void {
  const { split = (chunk) => [chunk], turns = () => 0, after = Infinity, ending = 'reset' } = way;
  let waiting = Buffer.alloc(0);
  let passed = 0;
  let ended = false;
  let busy = false;
  let cut = false;

  const finish = (): void => {
    cut = true;
    if (ending === 'silence') link.silent = true;
    else if (ending === 'end') for (const socket of [to, from]) socket.end();
    else for (const socket of [to, from]) socket.resetAndDestroy();
  };
  const pump = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (waiting.length > 0 && !cut && !link.silent) {
      for (let late = turns(); late > 0; late--) await turn();
      const chunk = waiting;
      waiting = Buffer.alloc(0);
      for (const piece of split(chunk)) {
        const allowed = piece.subarray(0, after - passed);
        passed += allowed.length;
        if (to.writable) await new Promise((written) => to.write(allowed, written));
        if (passed >= after) return finish();
      }
    }
    busy = false;
    if (ended && !link.silent) to.end();
  };
  if (after === 0) finish();
  from.on('data', (chunk: Buffer) => {
    if (cut || link.silent) return; // read and dropped
    waiting = Buffer.concat([waiting, chunk]);
    void pump();
  });
  from.on('end', () => {
    ended = true;
    void pump();
  });
  from.on('close', (hadError) => {
    if (hadError && !link.silent) to.resetAndDestroy();
  });
}
