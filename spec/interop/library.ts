/** What the specs of libraries share that take a WebSocket class. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { WebSocket } from '../../lib/web/web.js';

// biome-ignore lint/suspicious/noExplicitAny: packages without types here
export type Library = any;

/** Loads what a package of spec/interop depends on. */
export interface Loader {
  readonly require: NodeJS.Require;
  /** `undefined` for what is not installed: `make interop` installs it. */
  load(name: string): Promise<Library>;
}

/** @param folder the folder of its package.json, from the root of the repository */
export function loader(folder: string): Loader {
  const file = new URL(`../../../${folder}/package.json`, import.meta.url);
  const require = createRequire(file);
  // Without a folder of its own, another one above it may have packages of these names.
  const isInstalled = existsSync(new URL('node_modules', file));
  return {
    require,
    async load(name: string) {
      if (!isInstalled) return undefined;
      try {
        return await import(require.resolve(name));
      } catch {
        return undefined;
      }
    },
  };
}

export const unless = (...modules: Library[]): string | false =>
  modules.every(Boolean) ? false : 'run `make interop`: it is not installed';

/** Starts an HTTP server on a free port of the loopback interface. @returns host and port */
export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Without the proxy of the environment, and with the binary type that libraries of Node expect to set themselves. */
export class Local extends WebSocket {
  constructor(url: string, protocols?: string | string[], options?: object) {
    super(url, protocols ?? [], { ...options, proxy: 'no-proxy' });
    // engine.io-client asks for 'nodebuffer', which the standard has a class ignore, Node's own as well.
    this.binaryType = 'arraybuffer';
  }
}
