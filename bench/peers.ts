import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otherNode, present, tool } from '../spec/packed/tool.js';
import type { ClientName } from './clients/names.js';
import { clientNames } from './clients/names.js';
import type { Programs } from './processes.js';

/** The clients of this run: which can be measured, in which version, and why the others cannot. */
export interface Peers {
  readonly versions: { [client in ClientName]?: string };
  readonly missing: { [client in ClientName]?: string };
  readonly programs: Programs;
}

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

function version(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function newer(file: string, than: string): boolean {
  try {
    return statSync(file).mtimeMs >= statSync(than).mtimeMs;
  } catch {
    return false;
  }
}

/** Builds the libwebsockets client; throws what is missing. */
function buildLibwebsockets(): { file: string; version: string } {
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libwebsockets'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  const source = path('bench/peers/lws-client.c');
  const file = path('dist/bench/peers/lws-client');
  if (!newer(file, source)) {
    mkdirSync(dirname(file), { recursive: true });
    execFileSync('cc', ['-O2', '-Wall', '-o', file, source, ...flags.trim().split(/\s+/)], { stdio: 'pipe' });
  }
  return { file, version: execFileSync('pkg-config', ['--modversion', 'libwebsockets'], { encoding: 'utf8' }).trim() };
}

/** The Nodes 20 and 24 that are there beside the running one: `make matrix` fetches them. */
export function otherNodes(): { readonly version: string; readonly program: string }[] {
  return ['20.19', '24'].flatMap((version) => {
    const major = version.split('.')[0];
    const program = process.versions.node.split('.')[0] === major ? undefined : otherNode(version);
    if (program === undefined) return [];
    return [{ version: execFileSync(program, ['--version'], { encoding: 'utf8' }).trim(), program }];
  });
}

const runtimes: { readonly [name in 'bun' | 'deno']: readonly [string, string, string] } = {
  bun: ['bun', '1.4.5', 'bun/bin/bun.exe'],
  deno: ['deno', '2.9.6', 'deno/deno'],
};

/** Another runtime on the PATH, else in the cache that `fetchRuntimes` fills. */
function findRuntime(name: keyof typeof runtimes): { program: string; version: string } | undefined {
  for (const program of [name, present(...runtimes[name])]) {
    if (program === undefined) continue;
    try {
      return { program, version: execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0]!.trim() };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** Gets from npm what a run can do without: Bun, Deno, and the other Node. */
export async function fetchRuntimes(): Promise<void> {
  for (const wanted of Object.values(runtimes)) await tool(...wanted);
  for (const version of ['20.19', '24']) await tool('node', version, 'node/bin/node');
}

/** Builds the server that answers each message at once; `undefined` without a C compiler. */
export function buildEchoServer(): string | undefined {
  const source = path('bench/peers/echo-server.c');
  const file = path('dist/bench/peers/echo-server');
  try {
    if (!newer(file, source)) {
      mkdirSync(dirname(file), { recursive: true });
      execFileSync('cc', ['-O2', '-Wall', '-o', file, source], { stdio: 'pipe' });
    }
    return file;
  } catch {
    return undefined;
  }
}

/** Looks at what is installed. Nothing is installed here: `npm ci --prefix bench` does that. */
export function findPeers(wanted: readonly ClientName[], prototype: string): Peers {
  const versions: { [client in ClientName]?: string } = {};
  const missing: { [client in ClientName]?: string } = {};
  const programs: { -readonly [name in keyof Programs]: Programs[name] } = {};
  const require = createRequire(path('bench/package.json'));
  for (const name of clientNames.filter((one) => wanted.includes(one))) {
    if (name === 'raw') {
      versions[name] = `node:net of Node ${process.versions.node}`;
    } else if (name === 'ohos-websocket' || name === 'ohos-web') {
      versions[name] = version(path('package.json'));
    } else if (name === 'libwebsockets') {
      try {
        const built = buildLibwebsockets();
        programs.libwebsockets = built.file;
        versions[name] = built.version;
      } catch {
        missing[name] = 'not built: it needs cc, pkg-config and libwebsockets-dev';
      }
    } else if (name === 'bun' || name === 'deno') {
      const found = findRuntime(name);
      if (found === undefined) missing[name] = `not installed: neither on the PATH nor by make bench ARGS=--fetch`;
      else {
        programs[name] = found.program;
        versions[name] = found.version;
      }
    } else if (name === 'prototype') {
      if (existsSync(prototype)) {
        programs.prototype = prototype;
        versions[name] = 'throw-away, masks in words';
      } else missing[name] = `not there: ${prototype}`;
    } else {
      const packageName = name === 'ws-buffer' || name === 'ws-listener' ? 'ws' : name;
      try {
        require.resolve(packageName);
        versions[name] = version(path(`bench/node_modules/${packageName}/package.json`));
      } catch {
        missing[name] = 'not installed: npm ci --prefix bench';
      }
    }
  }
  return { versions, missing, programs };
}
