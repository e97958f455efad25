/** The hook for the platform's module names; on Node before 22.15 `module.register` runs it on a thread of its own. */
import { addKits, isPlatformName, registeredKit, resolveKit } from './specifiers.js';

interface Resolved {
  url: string;
  shortCircuit?: boolean;
}

type Resolve<T> = (specifier: string, context: unknown) => T;

/** What `registerKits` was given, when this runs on a thread of its own. */
export function initialize(kits?: Readonly<Record<string, string>>): void {
  if (kits !== undefined) addKits(kits);
}

export function resolve<T extends Resolved | Promise<Resolved>>(
  specifier: string,
  context: unknown,
  next: Resolve<T>,
): T | Resolved {
  if (!isPlatformName(specifier)) return next(specifier, context);
  const own = registeredKit(specifier);
  if (own === undefined) return { url: resolveKit(specifier), shortCircuit: true };
  return own.startsWith('file:') ? { url: own, shortCircuit: true } : next(own, context);
}
