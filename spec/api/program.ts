/** Runs a program against the library in a process of its own, as a user would: what it prints, and how it ends. */
import { spawn } from 'node:child_process';
import { text as readAll } from 'node:stream/consumers';
import { evaluating } from '../peer/evaluating.js';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const library = new URL('../../lib/index.js', import.meta.url).href;

/** `webSocket`, `BusinessError` and `url` are there for the program. */
export async function runProgram(source: string, url = ''): Promise<Ended> {
  const imports = `import { webSocket, BusinessError } from ${JSON.stringify(library)};`;
  const head = `${imports} const url = ${JSON.stringify(url)};\n`;
  const child = spawn(process.execPath, evaluating(head + source), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
  return { status, stdout, stderr };
}
