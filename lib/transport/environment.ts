/** The variables of the environment. */

/** What a variable says; one that Deno does not allow to read says nothing. */
export function variable(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  try {
    return environment[name];
  } catch {
    return undefined;
  }
}
