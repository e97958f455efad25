/** The structure of a format as data, and what checks a value against it. */

/** `name?` may be missing; a name that starts with `_` is the writer's own. An expression: a string that it matches. */
export type Structure =
  | 'string'
  | 'number'
  | 'boolean'
  | RegExp
  | { readonly [name: string]: Structure }
  | readonly [Structure];

/** ISO 8601. */
export const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Finds where a value does not have the structure, each as a path and a sentence. */
export function checkerOf(name: string, structure: Structure): (value: unknown) => string[] {
  return (value) => problems(value, structure, name);
}

function problems(value: unknown, structure: Structure, path: string): string[] {
  if (structure instanceof RegExp) {
    return typeof value === 'string' && structure.test(value) ? [] : [`${path} does not match ${structure}`];
  }
  if (typeof structure === 'string') {
    const is = typeof value === structure && (structure !== 'number' || Number.isFinite(value));
    return is ? [] : [`${path} is not a ${structure}`];
  }
  if (isList(structure)) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    return value.flatMap((one, index) => problems(one, structure[0], `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [`${path} is not an object`];
  return problemsOfMembers(value as Record<string, unknown>, structure, path);
}

function isList(structure: Exclude<Structure, string | RegExp>): structure is readonly [Structure] {
  return Array.isArray(structure);
}

function problemsOfMembers(
  value: Record<string, unknown>,
  structure: { readonly [name: string]: Structure },
  path: string,
): string[] {
  const known = new Map(Object.entries(structure).map(([name, one]) => [name.replace('?', ''), one]));
  const missing = Object.keys(structure).filter((name) => !name.endsWith('?') && value[name] === undefined);
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const one = known.get(name);
      if (one === undefined) return name.startsWith('_') ? [] : [`${path}.${name} is unknown`];
      return member === undefined ? [] : problems(member, one, `${path}.${name}`);
    }),
  ];
}
