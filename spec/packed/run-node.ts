/** Runs Node, by default the one that runs the spec, as a user would. */
import { spawn } from 'node:child_process';
import { text as readAll } from 'node:stream/consumers';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runNode(folder: string, args: readonly string[], node = process.execPath): Promise<Ended> {
  // What the coverage of the specs asks for is none of these programs' business, and may be forbidden to them; nor that a
  // test runs them.
  const { NODE_V8_COVERAGE: _coverage, NODE_TEST_CONTEXT: _test, ...env } = process.env;
  const child = spawn(node, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
  return { status, stdout, stderr };
}

/** Whether this Node is at least of that version. */
export function isNode(major: number, minor = 0): boolean {
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}
