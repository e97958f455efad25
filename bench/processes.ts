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
function placed(program: string, args: readonly string[], role: 'client' | 'server'): [string, string[]] {
  if (!pinned) return [program, [...args]];
  return ['taskset', ['-c', String(role === 'client' ? cpus[0] : cpus[1]), program, ...args]];
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Starts the neutral server; it ends with its standard input, so it cannot outlive this process. */
export async function startServer(
  tls: { certificate: string; key: string } | undefined,
): Promise<{ address: ServerAddress; stop(): Promise<void> }> {
  const files = tls === undefined ? [] : [tls.certificate, tls.key];
  const [program, args] = placed(
    process.execPath,
    [script('server/main.js'), pinned ? 'own-core' : 'shared-core', ...files],
    'server',
  );
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => {
      throw new Error('the neutral server ended before it listened');
    }),
  ])) as [string];
  const address = JSON.parse(line) as Omit<ServerAddress, 'caPath'>;
  return {
    address: { ...address, caPath: tls?.certificate ?? '' },
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

/** Runs one measurement in a fresh process. */
export async function measure(task: Task, libwebsockets: string | undefined): Promise<Sample> {
  let command: [string, string[]];
  if (task.job === 'import') {
    command = placed(
      process.execPath,
      [script('import-time.js'), task.client, ...(task.library === undefined ? [] : [task.library])],
      'client',
    );
  } else if (task.client === 'libwebsockets') {
    const { job, kind, size, each, secure, connections, warmMs, measureMs, server } = task;
    const port = secure ? server.securePort : server.port;
    const numbers = [port, size, each, connections, warmMs, measureMs, server.pid].map(String);
    command = placed(libwebsockets ?? '', [job, kind, ...numbers, secure ? server.caPath : ''], 'client');
  } else {
    command = placed(
      process.execPath,
      ['--no-warnings', '--expose-gc', script('child.js'), JSON.stringify(task)],
      'client',
    );
  }
  return JSON.parse(await run(...command)) as Sample;
}

/** Times the codec's operations in a fresh process. */
export async function measureCodec(rounds: number, milliseconds: number): Promise<CodecResult[]> {
  return JSON.parse(
    await run(...placed(process.execPath, [script('codec/main.js'), String(rounds), String(milliseconds)], 'client')),
  ) as CodecResult[];
}
