/** Names of the platform that are not here: a program can import them, and learns what is missing when it uses one. */
import { businessError } from '../api/errors.js';

/** What a placeholder is for the compiler: whatever a program of the platform does with it has to compile. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type NotHere = any;

/**
 * Makes what stands for a name of the platform: reading a property, calling it or extending it throws 801.
 *
 * @param name as the program writes it, such as `http` or `util.LruBuffer`
 * @param module the module that exports it on the platform
 */
export function placeholder(name: string, module: string): NotHere {
  const fail = (): never => {
    throw businessError(
      801,
      `The name ${name} of ${module} is not part of ohos-websocket: it is there so that programs that import it load. ` +
        `Give the program its own with registerKits({ '${module}': './my-kit.mjs' }) from ohos-websocket/register.`,
    );
  };
  return new Proxy(function notHere() {}, {
    // Symbols are asked for by the runtime and by the console, not by the program.
    get: (_target, key) => (typeof key === 'symbol' ? undefined : fail()),
    set: fail,
    has: fail,
    deleteProperty: fail,
    defineProperty: fail,
    apply: fail,
    construct: fail,
  });
}

/** A namespace of the platform with the few members that are here; each of the others is a placeholder. */
export function withPlaceholders<T extends object>(name: string, module: string, members: T): T {
  return new Proxy(members, {
    get: (target, key) =>
      typeof key === 'symbol' || key in target ? Reflect.get(target, key) : placeholder(`${name}.${key}`, module),
  });
}
