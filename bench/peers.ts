import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientName } from './clients/names.js';
import { clientNames } from './clients/names.js';

/** The clients of this run: which can be measured, in which version, and why the others cannot. */
export interface Peers {
  readonly versions: { [client in ClientName]?: string };
  readonly missing: { [client in ClientName]?: string };
  /** The built C program. */
  readonly libwebsockets: string | undefined;
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

/** Looks at what is installed. Nothing is installed here: `npm ci --prefix bench` does that. */
export function findPeers(wanted: readonly ClientName[]): Peers {
  const versions: { [client in ClientName]?: string } = {};
  const missing: { [client in ClientName]?: string } = {};
  let libwebsockets: string | undefined;
  const require = createRequire(path('bench/package.json'));
  for (const name of clientNames.filter((one) => wanted.includes(one))) {
    if (name === 'raw') {
      versions[name] = `node:net of Node ${process.versions.node}`;
    } else if (name === 'ohos-websocket') {
      versions[name] = version(path('package.json'));
    } else if (name === 'libwebsockets') {
      try {
        const built = buildLibwebsockets();
        libwebsockets = built.file;
        versions[name] = built.version;
      } catch {
        missing[name] = 'not built: it needs cc, pkg-config and libwebsockets-dev';
      }
    } else {
      const packageName = name === 'ws-buffer' ? 'ws' : name;
      try {
        require.resolve(packageName);
        versions[name] = version(path(`bench/node_modules/${packageName}/package.json`));
      } catch {
        missing[name] = 'not installed: npm ci --prefix bench';
      }
    }
  }
  return { versions, missing, libwebsockets };
}
