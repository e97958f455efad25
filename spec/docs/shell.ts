/** Runs the blocks of shell of one page, in order, in one folder, as a reader would who copies them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { consumer, root } from '../packed/package.js';
import { atExit } from '../peer/at-exit.js';
import { firstProgram, type Page } from './pages.js';

/** A command of a page, and what its comment says that it prints. */
interface Line {
  readonly command: string;
  readonly comment: string;
  /** Of the page. */
  readonly line: number;
}

/** Ports that pages write are taken by others now and then: each becomes a free one. */
const written = /\b(8080|8081|8443|8444|8888|9229)\b/g;

/** How long a command may take that a page shows. */
const patience = 60_000;

/** The programs that the blocks need beside Node's own, and that are not here. */
export function missing(page: Page): string[] {
  const needed = page.blocks.flatMap(({ mark }) => (mark.startsWith('needs ') ? mark.slice(6).split(' ') : []));
  const paths = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin');
  return needed.filter((name) => !paths.some((path) => existsSync(join(path, name))));
}

export const runnable = (page: Page): boolean =>
  page.blocks.some(({ language, mark }) => isShell(language) && runs(mark));

const isShell = (language: string): boolean => language === 'sh' || language === 'console';
const runs = (mark: string): boolean => !mark.startsWith('by hand:');

/**
 * Runs a page. A block `js NAME` is a file of that name. In a block `sh prints`, every command prints what its comment says;
 * else it ends with status 0. In `console`, `$ ` stands before a command, and its output is an example. What has
 * "terminal of its own" in its comment, or `&` at its end, runs on until the page is done.
 *
 * @param scope what a spec has: for the end of the page
 */
export async function runPage(page: Page, scope: { after(run: () => unknown): void }): Promise<void> {
  const named = page.blocks.filter(({ language, mark }) => /^(js|ts|json)$/.test(language) && /^\S+\.\w+$/.test(mark));
  const shells = page.blocks.filter(({ language, mark }) => isShell(language) && runs(mark));
  const ports = new Map<string, string>();
  for (const [port] of `8080 ${page.text}`.matchAll(written))
    if (!ports.has(port)) ports.set(port, String(await freePort()));
  const here = (code: string): string => code.replace(written, (port) => ports.get(port)!);

  const folder = await consumer(
    Object.fromEntries([firstProgram(), ...named].map(({ mark, code }) => [mark, here(code)])),
  );
  putCommand(folder);
  const session = new Session(folder, scope);
  if (!shells.some(({ code }) => /echo-server\b.*8080/.test(code))) {
    const echo = await startEchoServer({ port: Number(ports.get('8080')) });
    scope.after(() => echo.close());
  }
  for (const block of shells)
    for (const line of linesOf(block)) await session.run({ ...line, command: here(line.command) }, block.mark);
}

/** `npx` and `ohos-websocket` are the package's own command, and nothing is fetched. */
function putCommand(folder: string): void {
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin);
  const main = '../ohos-websocket/dist/lib/cli/main.js';
  chmodSync(join(bin, main), 0o755); // as npm does
  symlinkSync(main, join(bin, 'ohos-websocket'));
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
}

function linesOf({ language, code, line }: Page['blocks'][number]): Line[] {
  const lines: Line[] = [];
  let open: string | undefined;
  let end: string | undefined;
  code.split('\n').forEach((text, index) => {
    if (language === 'console' && open === undefined && !text.startsWith('$ ')) return;
    const own = language === 'console' && open === undefined ? text.slice(2) : text;
    const whole = open === undefined ? own : `${open}\n${own}`;
    end ??= /<<-?'?(\w+)'?/.exec(own)?.[1];
    if ((end !== undefined && own !== end) || own.endsWith('\\')) {
      open = whole;
      return;
    }
    open = end = undefined;
    const [, command, comment] = /^([^]*?)(?:\s+#\s(.*))?$/.exec(whole)!;
    if (command!.trim() !== '' && !command!.startsWith('#'))
      lines.push({ command: command!, comment: comment ?? '', line: line + index + 1 });
  });
  return lines;
}

class Session {
  readonly #folder: string;
  readonly #scope: { after(run: () => unknown): void };

  constructor(folder: string, scope: { after(run: () => unknown): void }) {
    this.#folder = folder;
    this.#scope = scope;
  }

  async run(line: Line, mark: string): Promise<void> {
    const { command, comment } = line;
    if (/^make \w/.test(command)) return; // `make help` and its spec know the targets
    if (/&$/.test(command) || /terminal of its own/.test(comment)) return this.#start(command.replace(/\s*&$/, ''));
    const child = this.#spawn(command);
    const slow = setTimeout(() => this.#kill(child), patience);
    const [stdout, stderr, [status, signal]] = await Promise.all([
      readAll(child.stdout!),
      readAll(child.stderr!),
      once(child, 'close') as Promise<[number | null, string | null]>,
    ]);
    clearTimeout(slow);
    const output = stdout + stderr;
    const fits = mark.startsWith('prints') ? output.includes(unquoted(comment)) : status === 0;
    if (!fits) {
      const wanted = mark.startsWith('prints') ? `it to print ${JSON.stringify(comment)}` : 'status 0';
      throw new Error(`line ${line.line}: ${command}\nexpected ${wanted}, got ${status ?? signal} and:\n${output}`);
    }
  }

  /** Starts what serves; it is ready when it has said something, or has listened for a while without a word. */
  async #start(command: string): Promise<void> {
    const child = this.#spawn(command);
    this.#scope.after(() => this.#kill(child));
    const said = Promise.race([once(child.stdout!, 'data'), once(child.stderr!, 'data'), once(child, 'close')]);
    const silent = new Promise((resolve) => setTimeout(resolve, 1_000));
    await Promise.race([said, silent]);
    child.stdout!.resume();
    child.stderr!.resume();
  }

  #spawn(command: string): ChildProcess {
    const path = `${join(this.#folder, 'node_modules/.bin')}:${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
    const child = spawn('bash', ['-c', command], {
      cwd: this.#folder,
      env: { PATH: path, HOME: this.#folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // with what it starts itself
    });
    const forget = atExit(() => this.#kill(child));
    child.once('close', forget);
    return child;
  }

  #kill(child: ChildProcess): void {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {} // it is gone
  }
}

/** A comment's sentence may leave out the middle. */
const unquoted = (comment: string): string => comment.replace(/^.*?: (?=received )/, '').split(' … ')[0]!;

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
