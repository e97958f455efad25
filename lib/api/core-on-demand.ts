/**
 * The core of a WebSocket, loaded by the first one that is used: a program that imports the client and does not connect
 * pays for neither options nor connections. Bundlers take `core-bundled.ts` in its place (`imports` in package.json).
 */
import { createRequire } from 'node:module';

type CoreModule = typeof import('./core.js');

let loaded: CoreModule | undefined;

/**
 * The class. Not by `import()`, since `connect` reads its arguments at the call, and a failure to load may be over next time.
 *
 * @throws what Node throws when a file cannot be read, e.g. EMFILE
 */
export default function coreClass(): CoreModule['WebSocketCore'] {
  loaded ??= createRequire(import.meta.url)('./core.js') as CoreModule;
  return loaded.WebSocketCore;
}
