/** Programs from npm that a run needs and the repository does not: kept in the user's cache folder. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ohos-websocket');

/**
 * @param name of the npm package
 * @param version exact, or a range such as `22`
 * @param file what is wanted of it, in its `node_modules`
 * @returns the path of that file
 */
export async function tool(name: string, version: string, file: string): Promise<string> {
  const folder = join(cache, `${name}-${version}`);
  const path = join(folder, 'node_modules', file);
  if (existsSync(path)) return path;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const args = ['install', '--silent', '--no-fund', '--no-audit', '--no-package-lock', `${name}@${version}`];
  await promisify(execFile)('npm', args, { cwd: folder });
  if (!existsSync(path)) throw new Error(`npm install ${name}@${version} left no ${file} in ${folder}`);
  return path;
}

const bundler = ['esbuild', '0.28.2', 'esbuild/bin/esbuild'] as const;

/** The bundler that makes one file of the package. */
export const esbuild = (): Promise<string> => tool(...bundler);

/** Whether it is there already. */
export const hasEsbuild = (): boolean => present(...bundler) !== undefined;

const injector = ['postject', '1.0.0-alpha.6', 'postject/dist/cli.js'] as const;

/** What puts a program into a copy of Node. */
export const postject = (): Promise<string> => tool(...injector);

/** The same, if it has been fetched. */
export const presentPostject = (): string | undefined => present(...injector);

/** A Node of that version, if `make matrix` has fetched it. */
export const otherNode = (version: string): string | undefined => present('node', version, 'node/bin/node');

/** The same file where `tool` has been before; nothing is installed. */
export function present(name: string, version: string, file: string): string | undefined {
  const path = join(cache, `${name}-${version}`, 'node_modules', file);
  return existsSync(path) ? path : undefined;
}

const otherRuntimes: Readonly<Record<'bun' | 'deno', readonly [name: string, version: string, file: string]>> = {
  bun: ['bun', '1.4.5', 'bun/bin/bun.exe'],
  deno: ['deno', '2.9.6', 'deno/deno'],
};

/** Bun or Deno, fetched from npm. */
export const runtime = (name: keyof typeof otherRuntimes): Promise<string> => tool(...otherRuntimes[name]);

/** The same, if it has been fetched. */
export const presentRuntime = (name: keyof typeof otherRuntimes): string | undefined => present(...otherRuntimes[name]);
