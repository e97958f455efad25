/**
 * Real programs as peers: started on a free loopback port, waited for until they accept connections, ended by their
 * pid.
 */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { atExit } from '../peer/at-exit.js';

/** A program that runs and accepts connections. */
export interface Program {
  /** The port it was asked to listen on, as many as were asked for. */
  readonly port: number;
  readonly ports: readonly number[];
  /** Everything it printed so far: for failure messages. */
  log(): string;
  /** Ends it by its pid and waits until it is gone. */
  end(): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  /** The arguments, once the free ports are known; also the place to write a configuration file. */
  readonly args: (...ports: number[]) => string[];
  /** How many ports it listens on. Default 1. */
  readonly ports?: number;
  /** Where it listens. Default `127.0.0.1`. */
  readonly host?: string;
}

/** How long a program may take until it accepts connections, in ms. Generous: it bounds a hang, it measures nothing. */
const startLimit = 20_000;
/** The pause between attempts to connect to a program that does not listen yet, in ms. */
const retryPause = 15;

/** The path of a program, or `undefined`. Servers live in `sbin`, which is not in everybody's PATH. */
export function find(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, command)).find(executable);
}

/** For `{ skip }`: `false` when the program is there, else the line that says what to do. */
export function absent(command: string, debianPackage: string = command): string | false {
  return find(command) === undefined ? `${command} is not installed: apt-get install ${debianPackage}` : false;
}

/** A temporary folder that every user may read and write (daemons drop their privileges); removed at exit. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ohos-websocket-${name}-`));
  chmodSync(folder, 0o777);
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a program and waits until all its ports accept connections. */
export async function start(options: ProgramOptions): Promise<Program> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between our look for a free port and its bind, somebody else can take it.
      if (attempt === 3 || !/address (already )?in use|cannot bind/i.test(String(error))) throw error;
    }
  }
}

/** Starts several; when one fails, the others are ended before its error is thrown. */
export async function startAll(
  options: readonly ProgramOptions[],
): Promise<{ programs: readonly Program[]; end(): Promise<void> }> {
  const started = await Promise.allSettled(options.map(start));
  const programs = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const end = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.end()));
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await end();
    throw failed.reason;
  }
  return { programs, end };
}

async function startOnce({ command, args, ports: count = 1, host = '127.0.0.1' }: ProgramOptions): Promise<Program> {
  const ports = await freePorts(count, host);
  // Debian's daemons read no configuration of the user who runs the specs, nor a proxy from the environment.
  const env = { PATH: process.env['PATH'], LANG: 'C' };
  const child = spawn(find(command) ?? command, args(...ports), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const log = (): string => Buffer.concat(chunks).toString();
  const gone = closed(child);
  const ended = atExit(() => child.kill('SIGKILL'));

  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await gone;
    clearTimeout(impatience);
    ended();
  };

  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), startLimit);
  try {
    await Promise.race([
      Promise.all(ports.map((port) => listening(port, host, limit.signal))),
      gone.then((how) => Promise.reject(new Error(`ended (${how}) before it listened`))),
    ]);
  } catch (cause) {
    limit.abort();
    await end();
    throw new Error(`${command} on port ${ports.join(', ')}: ${String(cause)}; it printed:\n${log()}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  return { port: ports[0]!, ports, log, end };
}

/** Resolves with its exit code or signal, or what kept it from starting, once its output has ended too. */
async function closed(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return signal ?? `exit code ${code}`;
  } catch (error) {
    return String(error);
  }
}

/** Resolves once `port` accepts a connection; rejects when the signal aborts. */
async function listening(port: number, host: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (signal.aborted) throw new Error(`port ${port} did not accept a connection in ${startLimit} ms`);
    const socket = connect(port, host);
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryPause));
    } finally {
      socket.destroy();
    }
  }
}

/** Ports that nobody listens on; held together while looking, so that they differ. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
