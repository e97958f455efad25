/** A module that is given as text, in a process of its own. */

/** The arguments with which the runtime that runs the spec evaluates it. */
export function evaluating(source: string): string[] {
  return 'Deno' in globalThis ? ['eval', source] : ['--input-type=module', '--eval', source];
}
