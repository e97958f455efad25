/** The hook that `module.register` runs on its own thread: Node before 22.15 has no other. */
import { resolveKit } from './specifiers.js';

interface Resolved {
  url: string;
  shortCircuit?: boolean;
}

export function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Resolved | Promise<Resolved>,
): Resolved | Promise<Resolved> {
  const url = resolveKit(specifier);
  return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
}
