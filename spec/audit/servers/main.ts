/**
 * Audits the servers of `servers.ts` and compares with the verdicts that are kept: `make audit-servers ARGS='ws nginx'`.
 * `KEEP=1` keeps the new verdicts, and makes the table in `lib/audit/README.md` anew. Status 1 when one got worse.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { root } from '../../packed/package.js';
import { type AuditedServer, folder, servers } from './servers.js';
import { keptFile, places, readKept, tableOf, withTable } from './table.js';

const cli = join(root, 'dist/lib/cli/main.js');

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function listens(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600 && child.exitCode === null; attempt++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it does not listen: ${child.spawnargs.join(' ')}`);
}

async function start(command: readonly string[], port: number, more: Readonly<Record<string, string>> = {}) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore', env: { ...process.env, ...more } });
  child.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await listens(port, child);
  return child;
}

/** @returns the exit status */
async function auditOne(server: AuditedServer): Promise<number> {
  const software = server.version();
  if (software === undefined) {
    process.stdout.write(`${server.id}: not installed\n`);
    return 0;
  }
  for (const [program = '', ...args] of server.build ?? [])
    execFileSync(program, args, { cwd: folder, env: { ...process.env, ...server.environment }, stdio: 'inherit' });
  const [port, backend] = [await freePort(), await freePort()];
  const children: ChildProcess[] = [];
  try {
    if (server.isInFront) {
      children.push(await start([process.execPath, 'ws.mjs', `${backend}`], backend));
      const name = [`${server.id}.conf`, `${server.id}.cfg`].find((file) => existsSync(join(places.kept, file)))!;
      const text = readFileSync(join(places.kept, name), 'utf8');
      const values: Record<string, string> = { PORT: `${port}`, BACKEND: `${backend}`, TEMP: folder };
      writeFileSync(
        join(folder, 'conf'),
        text.replace(/\b(?:PORT|BACKEND|TEMP)\b/g, (word) => values[word]!),
      );
    }
    children.push(await start(server.command(port, backend), port, server.environment));
    return report(server, software, port);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function report(server: AuditedServer, software: string, port: number): number {
  const verdicts = join(folder, `${server.id}.verdicts.json`);
  const args = [cli, 'audit', `ws://127.0.0.1:${port}/`, '--no-proxy', '--total', '900', '--verdicts', verdicts];
  const kept = keptFile(server.id);
  if (existsSync(kept)) args.push('--compare', kept);
  let [status, output] = [0, ''];
  try {
    output = execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  } catch (error) {
    const { status: code, stdout } = error as { status: number | null; stdout: string };
    // Without an earlier run a broken rule is what is to be kept; one that was ended by a signal is nothing.
    [status, output] = [existsSync(kept) || code !== 1 ? (code ?? 2) : 0, stdout];
  }
  const compared = output.split('\nCompared with ')[1];
  const summary = /^\d+ probes: .*$/m.exec(output)?.[0] ?? 'no report';
  process.stdout.write(`${server.id} ${software}: ${compared === undefined ? summary : compared.trimEnd()}\n`);
  if (status < 2 && process.env['KEEP'] === '1') {
    // Not the URL, whose port is another one each time.
    const about = `\n  "name": ${JSON.stringify(server.name)},\n  "software": ${JSON.stringify(software)},\n`;
    writeFileSync(kept, readFileSync(verdicts, 'utf8').replace(/\n {2}"url": .*\n/, about));
  }
  return status;
}

function files(): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ['mjs', 'py', 'go', 'java', 'pl'])
    cpSync(places.kept, folder, {
      recursive: true,
      filter: (from) => from === places.kept || from.endsWith(`.${name}`),
    });
}

async function attempt(server: AuditedServer): Promise<number> {
  try {
    return await auditOne(server);
  } catch (error) {
    process.stderr.write(`${server.id}: ${(error as Error).message}\n`);
    return 2;
  }
}

async function main(names: readonly string[]): Promise<number> {
  files();
  let worst = 0;
  for (const server of servers) {
    if (names.length > 0 && !names.includes(server.id)) continue;
    worst = Math.max(worst, await attempt(server));
  }
  if (process.env['KEEP'] === '1') {
    const runs = servers.map(({ id }) => readKept(id)).filter((run) => run !== undefined);
    writeFileSync(places.readme, withTable(readFileSync(places.readme, 'utf8'), tableOf(runs)));
  }
  return worst;
}

process.exitCode = await main(process.argv.slice(2));
