/** The command as its users start it: a process of its own, with pipes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atExit } from '../peer/at-exit.js';

export const mainPath = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));

export interface Outcome {
  /** The exit status, or the signal. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of who runs the specs decides what is printed, or how a server is reached. */
const environment = { PATH: process.env['PATH'], NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] };

export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #closed: Promise<number | string>;
  #seen: (() => void) | undefined;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args, { env: { ...environment, ...env } });
    this.child.stdin.on('error', () => {}); // it may end without reading
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#seen?.();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#seen?.();
    });
    const ended = atExit(() => this.child.kill('SIGKILL'));
    this.#closed = once(this.child, 'close').then(([code, signal]) => {
      ended();
      this.#seen?.();
      return (code ?? signal) as number | string;
    });
  }

  /** Resolves when stdout has it; rejects when the process ends without. */
  async shows(expected: RegExp): Promise<void> {
    let ended = false;
    void this.#closed.then(() => (ended = true));
    while (!expected.test(this.stdout)) {
      if (ended) throw new Error(`expected ${expected}, got ${JSON.stringify([this.stdout, this.stderr])}`);
      await Promise.race([new Promise<void>((resolve) => (this.#seen = resolve)), this.#closed]);
    }
  }

  async end(): Promise<Outcome> {
    return { status: await this.#closed, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Starts `ohos-websocket` with these arguments. */
export function start(args: readonly string[], env?: NodeJS.ProcessEnv): Running {
  return new Running(process.execPath, [mainPath, ...args], env);
}

/** Runs it to its end; stdin is the input, and ends. */
export async function command(args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> {
  const running = start(args);
  running.child.stdin.end(input);
  return running.end();
}
