/** Loads the modules of this package that only connections need, so that a load that failed can be tried again. */
import { createRequire } from 'node:module';

/** Not in a bundle: there may be other files of these names beside it. */
const isInPlace = import.meta.url?.endsWith('/transport/load.js') ?? false;

const lack: readonly unknown[] = ['EMFILE', 'ENFILE', 'ENOMEM'];

/**
 * `import()` keeps a failure for good, even one as short as that no file descriptor is left, and opens many files at
 * once. `require` forgets it, and opens one after the other.
 *
 * @param path from this folder
 * @param otherwise the same as an `import()`, which bundlers understand
 */
export async function load<T>(path: string, otherwise: () => Promise<T>): Promise<T> {
  if (!isInPlace) return otherwise();
  try {
    return createRequire(import.meta.url)(`./${path}`) as T;
  } catch (error) {
    if (lack.includes((error as NodeJS.ErrnoException).code)) throw error;
    return otherwise();
  }
}
