/** Dials for a spec, and scripted peers on loopback that are gone when the test is. */
import net from 'node:net';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import { spell } from '../../lib/protocol/sentence.js';
import { type Dialing, type DialPlan, dial } from '../../lib/transport/dial/dial.js';
import type { ConnectionFailure, Phase } from '../../lib/transport/failure.js';
import { listenOn } from './listening.js';

/** A failure with its sentence spelled as in a plan. */
export type Failed = ConnectionFailure & { readonly message: string };

/** What became of a dial: a socket with what it reads, or a failure. */
export interface Outcome {
  readonly socket: net.Socket | undefined;
  readonly usesOnread: boolean;
  readonly failure: Failed | undefined;
  readonly phase: Phase;
  /** Everything read so far, the bytes after the proxy's head included. */
  text(): string;
  /** Waits until so much has been read. */
  until(text: string): Promise<void>;
}

/** A server on a free port of an address of loopback, with all its connections. */
export async function listen(t: TestContext, server: net.Server, host?: string): Promise<number> {
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket: tls.TLSSocket) => socket.on('error', () => {}));
  return (await listenOn(t, server, host)).port;
}

/** A peer that is a function of its connection. */
export function peer(t: TestContext, talk: (socket: net.Socket) => void, host?: string): Promise<number> {
  return listen(t, net.createServer(talk), host);
}

/** A peer that sends back what it gets. */
export function echo(t: TestContext, host?: string): Promise<number> {
  return peer(t, (socket) => socket.pipe(socket), host);
}

/** A TLS peer that sends back what it gets. */
export function secureEcho(t: TestContext, options: tls.TlsOptions, host?: string): Promise<number> {
  return listen(
    t,
    tls.createServer(options, (socket) => socket.pipe(socket)),
    host,
  );
}

type Target = DialPlan['target'];

export function ws(port: number, host = '127.0.0.1'): Target {
  return { secure: false, host, port };
}

export function wss(port: number, host = 'localhost'): Target {
  return { secure: true, host, port };
}

/** The plan of a target: no proxy, nothing special about TLS, unless given. */
export function planOf(
  target: Target,
  more: { proxy?: DialPlan['proxy']; tls?: Partial<DialPlan['tls']> } = {},
): DialPlan {
  return { target, proxy: more.proxy ?? 'no-proxy', tls: { skipServerCertVerification: false, ...more.tls } };
}

/** Dials, and waits for what becomes of it. The socket goes with the test. */
export function attempt(t: TestContext, plan: DialPlan): Promise<Outcome> {
  return new Promise((resolve) => {
    let text = '';
    let changed = (): void => {};
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      changed();
    };
    const settle = (socket: net.Socket | undefined, usesOnread: boolean, failure: Failed | undefined): void => {
      const until = (expected: string): Promise<void> =>
        new Promise((found) => {
          changed = () => {
            if (text.includes(expected)) found();
          };
          changed();
        });
      resolve({ socket, usesOnread, failure, phase: dialing.phase, text: () => text, until });
    };
    const buffer = Buffer.alloc(65536);
    const onread = {
      buffer,
      callback: (size: number): boolean => {
        read(buffer.subarray(0, size));
        return true;
      },
    };
    const dialing: Dialing = dial(plan, {
      onread,
      connected: (socket, usesOnread, head) => {
        t.after(() => socket.destroy());
        socket.on('error', () => {});
        read(head);
        if (!usesOnread) socket.on('data', read);
        settle(socket, usesOnread, undefined);
      },
      failed: (failure) => settle(undefined, false, { ...failure, message: spell(failure.sentence) }),
    });
  });
}

/** Dials and expects that it fails. */
export async function failure(t: TestContext, plan: DialPlan): Promise<Failed> {
  const outcome = await attempt(t, plan);
  if (outcome.failure === undefined) throw new Error('expected that dialling fails, it connected');
  return outcome.failure;
}

/** Dials, expects that it connects, and that bytes go there and back. */
export async function connects(t: TestContext, plan: DialPlan): Promise<Outcome & { readonly socket: net.Socket }> {
  const outcome = await attempt(t, plan);
  const { socket } = outcome;
  if (socket === undefined) throw new Error(`expected that dialling connects, got: ${outcome.failure?.message}`);
  socket.write('there and back');
  await outcome.until('there and back');
  return { ...outcome, socket };
}

/** Everything of a failure that could show a secret. */
export function everythingOf(failed: Failed): string {
  const parts: unknown[] = [failed.message, JSON.stringify(failed), JSON.stringify(failed.refusal)];
  for (let at = failed.cause; at instanceof Error; at = at.cause) parts.push(at.message, at.stack, JSON.stringify(at));
  return parts.join('\n');
}
