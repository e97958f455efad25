import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another revision of this package, built in a folder of its own. */
export interface Revision {
  /** The short hash and the subject of the commit. */
  readonly title: string;
  /** Path of the entry point that was built. */
  readonly library: string;
  remove(): void;
}

/**
 * Builds the `lib` of another revision in a temporary folder, with the working tree's `node_modules`.
 *
 * @param root the repository's folder
 * @param name whatever git takes for a commit
 */
export function buildRevision(root: string, name: string): Revision {
  const git = (...args: string[]): Buffer => execFileSync('git', ['-C', root, ...args], { maxBuffer: 0x4000000 });
  let commit: string;
  try {
    commit = execFileSync('git', [
      '-C',
      root,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${name}^{commit}`,
    ])
      .toString()
      .trim();
  } catch {
    throw new Error(`--compare: ${name} is not a revision of this repository`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-compare-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('tar', ['-x', '-C', folder], {
      input: git('archive', '--format=tar', commit, 'lib', 'package.json', 'tsconfig.json'),
    });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--incremental', 'false'], { stdio: 'pipe' });
    const library = join(folder, 'dist/lib/index.js');
    if (!existsSync(library)) throw new Error(`--compare: ${name} has no lib/index.ts`);
    return { title: git('log', '-1', '--format=%h %s', commit).toString().trim(), library, remove };
  } catch (error) {
    remove();
    const { stdout } = error as { stdout?: Buffer };
    throw stdout?.length ? new Error(`--compare: ${name} does not compile: ${stdout.toString().trim()}`) : error;
  }
}
