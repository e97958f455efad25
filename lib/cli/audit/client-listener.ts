/** Where clients connect to that are audited: a listening socket, and a way to start the next client. */
import { type ChildProcess, spawn } from 'node:child_process';
import net, { type AddressInfo, type Socket } from 'node:net';
import { constants } from 'node:os';
import process from 'node:process';
import type { ClientSource } from '../../audit/client/client-audit.js';
import { socketStream } from './dialer.js';

export interface ClientListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds to wait for a client. */
  readonly waitTime: number;
  /** Starts a client; calls back when it ended by itself, and says whether it died. */
  readonly start?: ((url: string, ended: (how: string, died?: boolean) => void) => StartedClient) | undefined;
}

export interface StartedClient {
  stop(): void;
}

export interface ClientListener extends ClientSource {
  readonly url: string;
  close(): Promise<void>;
}

/** Milliseconds in which the end of a process is noticed that its connections have shown. */
const longestDeath = 40;
const deathPause = 10;

/** Rejects when it cannot listen. */
export async function listenForClients(options: ClientListenerOptions): Promise<ClientListener> {
  const waiting: Socket[] = [];
  const all = new Set<Socket>();
  let arrived: (() => void) | undefined;
  let failed: ((why: Error) => void) | undefined;
  let client: StartedClient | undefined;
  let death: string | undefined;
  const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    all.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => all.delete(socket));
    waiting.push(socket);
    arrived?.();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { host } = options;
  const url = `ws://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/`;

  const ready = async (): Promise<void> => {
    if (waiting.length > 0) return;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        arrived = resolve;
        failed = reject;
        timer = setTimeout(() => reject(new Error(`none within ${options.waitTime / 1000} s`)), options.waitTime);
        client?.stop();
        death = undefined;
        client = options.start?.(url, (how, died) => {
          if (died === true) death = how;
          failed?.(new Error(how));
        });
      });
    } finally {
      clearTimeout(timer);
      arrived = failed = undefined;
    }
  };
  const clear = (): void => {
    if (options.start === undefined) return; // whoever came by itself comes for the next question
    client?.stop();
    client = undefined;
    for (const socket of waiting.splice(0)) socket.destroy();
  };
  return {
    url,
    ready,
    clear,
    // A process that dies ends its connections first.
    death: async () => {
      if (options.start === undefined) return undefined;
      for (let wait = 0; death === undefined && wait < longestDeath; wait += deathPause)
        await new Promise((resolve) => setTimeout(resolve, deathPause));
      return death;
    },
    accept: async (handler, signal) => {
      const abort = (): void => failed?.(new Error('no other client in time'));
      signal.addEventListener('abort', abort, { once: true });
      try {
        const arriving = ready();
        if (signal.aborted) abort();
        await arriving;
      } finally {
        signal.removeEventListener('abort', abort);
      }
      return socketStream(waiting.shift()!, handler);
    },
    close: () =>
      new Promise((resolve) => {
        clear();
        server.close(() => resolve());
        for (const socket of all) socket.destroy();
      }),
  };
}

/** A client that is a command of the user's, with the URL as its last argument, in a group of its own. */
export function startCommand(command: string, url: string, ended: (how: string, died: boolean) => void): StartedClient {
  const isWindows = process.platform === 'win32';
  const child = spawn(`${command} ${url}`, { shell: true, stdio: 'ignore', detached: !isWindows });
  child.on('error', (error) => ended(error.message, false));
  child.on('exit', (code, signal) => {
    const ender = signal ?? signalOf(code ?? 0);
    ended(`the command ended with ${ender ?? `status ${code}`}`, ender !== undefined);
  });
  return { stop: () => end(child, isWindows) };
}

/** A shell passes the end of its command by a signal on as 128 and the number of the signal. */
function signalOf(status: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
}

function end(child: ChildProcess, isWindows: boolean): void {
  child.removeAllListeners('exit');
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  try {
    if (isWindows) child.kill();
    else process.kill(-child.pid);
  } catch {
    // It ended in this moment.
  }
}
