import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { allowedCpus } from './machine.js';
import type { CodecResult } from './results.js';
import type { Sample, ServerAddress, Task } from './task.js';

const timeoutMs = 60_000;
const cpus = process.platform === 'linux' ? allowedCpus() : [];
/** Whether client and server get a core of their own each. */
export const pinned = cpus.length >= 2;

/** The command that runs `program` on a core of its own where that is possible. */
function placed(program: string, args: readonly string[], role: 'client' | 'server' | 'anywhere'): [string, string[]] {
  if (!pinned || role === 'anywhere') return [program, [...args]];
  return ['taskset', ['-c', String(role === 'client' ? cpus[0] : cpus[1]), program, ...args]];
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface RunningServer {
  readonly address: ServerAddress;
  stop(): Promise<void>;
}

const core = pinned ? 'own-core' : 'shared-core';

/** Starts the neutral server; it ends with its standard input, so it cannot outlive this process. */
export function startServer(tls: { certificate: string; key: string } | undefined): Promise<RunningServer> {
  const files = tls === undefined ? [] : [tls.certificate, tls.key];
  return start(placed(process.execPath, [script('server/main.js'), core, ...files], 'server'), tls?.certificate ?? '');
}

/** Starts the program that answers each message at once, a server of one protocol on one port. */
export function startEchoServer(program: string): Promise<RunningServer> {
  return start(placed(program, [core], 'server'), '');
}

async function start([program, args]: [string, string[]], caPath: string): Promise<RunningServer> {
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error('a server of the benchmark ended before it listened');
    }),
  ])) as [string];
  const address = JSON.parse(line) as Omit<ServerAddress, 'caPath'>;
  return {
    address: { ...address, caPath },
    async stop() {
      const exited = once(child, 'exit');
      child.stdin!.end();
      await exited;
    },
  };
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: timeoutMs, maxBuffer: 0x1000000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trimEnd().split('\n').at(-1) ?? '');
      else reject(new Error(stderr.trim().split('\n').slice(-6).join('\n') || error.message));
    });
  });
}

/** Where that is which is not part of this package. */
export interface Programs {
  /** Another Node; the running one without. */
  readonly node?: string;
  readonly libwebsockets?: string;
  readonly bun?: string;
  readonly deno?: string;
  /** The prototype's module. */
  readonly prototype?: string;
}

/** The program that has the client in it, and its arguments. */
function childCommand(task: Task, node: string, programs: Programs, whole: string): [string, string[]] {
  const child = script('child.js');
  if (task.client === 'bun') return [programs.bun ?? '', ['run', child, whole]];
  if (task.client === 'deno') {
    const certificate = task.server.caPath === '' ? [] : [`--cert=${task.server.caPath}`];
    return [
      programs.deno ?? '',
      ['run', '--allow-all', '--quiet', '--v8-flags=--expose-gc', ...certificate, child, whole],
    ];
  }
  return [node, ['--no-warnings', '--expose-gc', child, whole]];
}

/** Runs one measurement in a fresh process. */
export async function measure(task: Task, programs: Programs = {}): Promise<Sample> {
  const node = programs.node ?? process.execPath;
  // Helper threads that compress for many connections have the other core in a program, too.
  const manyCores = task.job === 'feed' && task.connections > 1;
  let command: [string, string[]];
  const library = task.client === 'prototype' ? programs.prototype : task.library;
  const whole = JSON.stringify({ ...task, library });
  if (task.job === 'start') {
    command = placed(node, ['--no-warnings', script('first-connect.js'), whole], 'client');
  } else if (task.job === 'import') {
    command = placed(
      node,
      [script('import-time.js'), task.client, ...(task.library === undefined ? [] : [task.library])],
      'client',
    );
  } else if (task.client === 'libwebsockets') {
    const { job, kind, size, each, secure, connections, warmMs, measureMs, server } = task;
    const port = secure ? server.securePort : server.port;
    const numbers = [port, size, each, connections, warmMs, measureMs, server.pid].map(String);
    command = placed(programs.libwebsockets ?? '', [job, kind, ...numbers, secure ? server.caPath : ''], 'client');
  } else {
    command = placed(...childCommand(task, node, programs, whole), manyCores ? 'anywhere' : 'client');
  }
  return JSON.parse(await run(...command)) as Sample;
}

/** Times the codec's operations in a fresh process. */
export async function measureCodec(rounds: number, milliseconds: number): Promise<CodecResult[]> {
  return JSON.parse(
    await run(...placed(process.execPath, [script('codec/main.js'), String(rounds), String(milliseconds)], 'client')),
  ) as CodecResult[];
}
