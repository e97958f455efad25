import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildRevision } from '../../../bench/compare/revision.js';

const nodeModules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

describe('buildRevision', () => {
  let root = '';

  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();

  const commit = (entry: string, subject: string): string => {
    writeFileSync(join(root, 'lib/index.ts'), entry);
    git('add', '.');
    git('commit', '-q', '-m', subject);
    return git('rev-parse', 'HEAD');
  };

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'ohos-websocket-revision-'));
    mkdirSync(join(root, 'lib'));
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    const compilerOptions = { module: 'nodenext', target: 'es2022', rootDir: '.', outDir: 'dist', types: [] };
    writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['lib', 'spec'] }));
    git('init', '-q');
    symlinkSync(nodeModules, join(root, 'node_modules'));
    writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  });

  after(() => rmSync(root, { recursive: true }));

  it('builds what the revision holds, not what the working tree does', async () => {
    const old = commit("export const answer: string = 'old';\n", 'Say old');
    commit("export const answer: string = 'new';\n", 'Say new');
    writeFileSync(join(root, 'lib/index.ts'), "export const answer: string = 'not committed';\n");
    const revision = buildRevision(root, 'HEAD~1');
    try {
      assert.equal(revision.title, `${old.slice(0, revision.title.indexOf(' '))} Say old`);
      const library = (await import(pathToFileURL(revision.library).href)) as { answer: string };
      assert.equal(library.answer, 'old');
    } finally {
      revision.remove();
    }
    assert.ok(!existsSync(dirname(revision.library)));
  });

  it('says what is no revision', () => {
    assert.throws(() => buildRevision(root, 'no-such-branch'), /^Error: --compare: no-such-branch is not a revision/);
    assert.throws(() => buildRevision(root, '--all'), /^Error: --compare: --all is not a revision/);
  });

  it('says why a revision does not compile', () => {
    const broken = commit('export const answer: string = 1;\n', 'Break it');
    assert.throws(() => buildRevision(root, broken), /does not compile: .*not assignable/);
  });
});
