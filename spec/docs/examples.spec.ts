/** Every block of code on every page: shell is run, programs are compiled. What is not says why behind its fence. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { consumer, root } from '../packed/package.js';
import { type Page, readPages } from './pages.js';
import { missing, runnable, runPage } from './shell.js';

const run = promisify(execFile);

/** The platform document's own examples have their spec; the reference's are compiled where they stand. */
const pages = readPages().filter(({ file }) => !file.startsWith('spec/api/document/') && file !== 'CHANGELOG.md');

/** Pages about targets of make, which `help.spec.ts` knows. */
const byHand = (page: Page): boolean => page.file.startsWith('.github/') || page.file === 'bench/DECISIONS.md';

/** What stands around a snippet that is not a whole program. */
const context = `import type * as namespace from 'ohos-websocket';
declare global {
  const webSocket: typeof namespace.webSocket;
  const ws: namespace.webSocket.WebSocket;
  const url: string;
  const signal: AbortSignal;
  function it(title: string, run: () => void): void;
  const assert: typeof import('node:assert/strict');
}
`;

function skipped(page: Page): string | false {
  const programs = missing(page);
  return programs.length > 0 && `needs ${programs.join(', ')}`;
}

describe('the examples', { concurrency: 4 }, () => {
  for (const page of pages.filter((one) => runnable(one) && !byHand(one)))
    it(`run: ${page.file}`, { timeout: 240_000, skip: skipped(page) }, async (t) => runPage(page, t));

  it('compile', { timeout: 120_000 }, async () => {
    const files: Record<string, string> = { 'context.ts': context };
    for (const { file, blocks } of pages)
      for (const { language, mark, code, line } of blocks)
        if (/^(js|ts)$/.test(language) && !mark.startsWith('by hand:') && mark !== 'declaration')
          files[`${file.replaceAll(/[/.]/g, '-')}-${line}.m${language}`] = `${code}\nexport {};\n`;
    const folder = await consumer(files);
    const options = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      noEmit: true,
      strict: true,
      noImplicitAny: false,
      useUnknownInCatchVariables: false,
      allowJs: true,
      checkJs: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const tsc = join(root, 'node_modules/.bin/tsc');
    const told = await run(tsc, [...args, ...Object.keys(files)], { cwd: folder }).catch((error) => error);
    assert.equal(told.stdout, '');
  });

  it('say in what language they are', () => {
    const unknown = pages.flatMap(({ file, blocks }) =>
      blocks
        .filter(({ language }) => !/^(sh|console|js|ts|json|text|yaml|html)$/.test(language))
        .map(({ line }) => `${file}:${line}`),
    );
    assert.deepEqual(unknown, []);
  });
});
