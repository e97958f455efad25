/** Every link and anchor of every page leads somewhere: in the checkout, and in the package as npm installs it. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { pack } from '../packed/package.js';
import { root } from '../sources.js';
import { type Page, readPages } from './pages.js';

const pages = readPages();
const byFile = new Map(pages.map((page) => [page.file, page]));

/** Links that lead nowhere. */
function dead(page: Page, isThere: (file: string) => boolean): string[] {
  return page.links.filter((link) => {
    if (/^(https?|wss?|mailto):/.test(link)) return false;
    const [path, anchor] = link.split('#') as [string, string?];
    const target = path === '' ? page.file : posix.join(posix.dirname(page.file), decodeURI(path));
    if (!isThere(target)) return true;
    return anchor !== undefined && !(byFile.get(target)?.anchors.has(anchor) ?? false);
  });
}

describe('the pages', () => {
  it('are there', () => {
    assert.ok(byFile.has('README.md') && byFile.has('lib/api/README.md') && byFile.has('.github/CONTRIBUTING.md'));
  });

  for (const page of pages)
    it(`have no dead link: ${page.file}`, () => {
      const isThere = (file: string): boolean =>
        existsSync(join(root, file)) && (statSync(join(root, file)).isFile() || file.endsWith('/'));
      assert.deepEqual(dead(page, isThere), []);
    });

  it('have no dead link in the package', async () => {
    const { files } = await pack();
    const packed = new Set(files.map(({ path }) => path));
    const found = pages
      .filter(({ file }) => packed.has(file))
      .flatMap((page) => dead(page, (file) => packed.has(file)).map((link) => `${page.file}: ${link}`));
    assert.deepEqual(found, []);
  });

  it('begin with what takes at most 12 KB: README.md', () => {
    assert.ok(Buffer.byteLength(byFile.get('README.md')!.text) <= 12 * 1024);
  });
});
