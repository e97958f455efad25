/**
 * `node --import ohos-websocket/register app.mjs`: lets a program import the platform's modules: see `specifiers.ts`, and
 * `README.md` in this folder.
 *
 * With `module.registerHooks` (Node 22.15, 23.5 and later) `require` of these names works as well; before, Node has a
 * documented hook for `import` only.
 */
import * as nodeModule from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { typeName } from '../api/arguments.js';
import { parameterError } from '../api/errors.js';
import { resolve } from './resolve-hook.js';
import { addKits, isPlatformName } from './specifiers.js';

type RegisterHooks = (hooks: { resolve: typeof resolve }) => unknown;

const { registerHooks } = nodeModule as { registerHooks?: RegisterHooks };
if (registerHooks !== undefined) registerHooks({ resolve });
else nodeModule.register('./resolve-hook.js', import.meta.url);

/**
 * Has modules of the program stand for modules of the platform, from the next `import` on:
 *
 *     registerKits({ '@kit.ArkUI': './stubs/ark-ui.mjs', '@ohos.promptAction': 'my-stubs' });
 *
 * A name that is here already may be given as well; the module may `export * from 'ohos-websocket/kit/network-kit'`. Node
 * resolves the static imports of a file before it runs it: call this in a file of its own, given to `node --import`.
 *
 * @param kits name of the platform -> a path, a `file:` URL, or the name of a package
 * @param base what paths are relative to, such as `import.meta.url`; default: the working directory
 * @throws {BusinessError} 401 for a name that is not one of the platform's, or a module that is not a string
 */
export function registerKits(kits: Readonly<Record<string, string>>, base?: string | URL): void {
  if (typeof kits !== 'object' || kits === null || Array.isArray(kits) || kits instanceof Map) {
    throw parameterError(`registerKits expects an object of names and modules, got ${typeName(kits)}.`);
  }
  const from = base ?? pathToFileURL(`${process.cwd()}/`);
  const resolved = Object.fromEntries(
    Object.entries(kits).map(([name, module]) => [name, toTarget(name, module, from)]),
  );
  addKits(resolved);
  if (registerHooks === undefined) nodeModule.register('./resolve-hook.js', import.meta.url, { data: resolved });
}

function toTarget(name: string, module: unknown, base: string | URL): string {
  if (!isPlatformName(name)) {
    throw parameterError(`registerKits takes names such as '@kit.ArkUI' or '@ohos.util', got ${JSON.stringify(name)}.`);
  }
  if (typeof module !== 'string' || module === '') {
    throw parameterError(
      `registerKits takes a path, a URL or a package's name for ${name}, got ${typeof module === 'string' ? 'an empty string' : typeName(module)}.`,
    );
  }
  if (isAbsolute(module)) return pathToFileURL(module).href;
  return /^\.{1,2}\//.test(module) ? new URL(module, base).href : module;
}
