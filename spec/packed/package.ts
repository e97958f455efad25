/** The package as a user gets it: packed once per process, and unpacked into folders of its own. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atExit } from '../peer/at-exit.js';

const run = promisify(execFile);

/** The folder of the package in this repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What npm reports of a package that it has packed. */
export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Bytes of the tarball, and of what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

let packed: Promise<Packed> | undefined;

export function pack(): Promise<Packed> {
  return (packed ??= packOnce());
}

async function packOnce(): Promise<Packed> {
  const folder = temporaryFolder('packed');
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  // npm 12 gives an object by package name, older ones an array.
  const [reported] = Object.values(JSON.parse(stdout) as Record<string, Packed & { filename: string }>);
  if (reported === undefined) throw new Error(`npm pack reported no package: ${stdout}`);
  return { ...reported, tarball: join(folder, reported.filename) };
}

/**
 * A folder with the package in its `node_modules`, as an installation leaves it, and nothing else.
 *
 * @param files name -> content, written into it
 */
export async function consumer(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const { tarball } = await pack();
  const folder = temporaryFolder('consumer');
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  await run('tar', ['-xzf', tarball, '-C', modules]);
  renameSync(join(modules, 'package'), join(modules, 'ohos-websocket'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Removed when the process exits. */
export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ohos-websocket-${purpose}-`));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
