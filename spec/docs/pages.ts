/** The pages of the repository: their headings, links and blocks of code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../sources.js';

export interface Block {
  /** What stands behind the fence: a language, and perhaps why a spec does not run it. */
  readonly language: string;
  readonly mark: string;
  readonly code: string;
  /** From 1. */
  readonly line: number;
}

export interface Page {
  /** Below the root, with slashes. */
  readonly file: string;
  readonly text: string;
  readonly anchors: ReadonlySet<string>;
  /** Targets of links and pictures, as they are written. */
  readonly links: readonly string[];
  readonly blocks: readonly Block[];
}

/** Every page but those of installed packages. */
export function readPages(): Page[] {
  const folders = ['', 'lib', 'spec', 'bench', '.github'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: folder !== '', encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
      .map((name) => posix.join(folder, name.replaceAll('\\', '/'))),
  );
  return files.sort().map(readPage);
}

/** The first program of README. */
export const firstProgram = (): Block => readPage('README.md').blocks.find(({ mark }) => mark === 'app.mjs')!;

function readPage(file: string): Page {
  const text = readFileSync(join(root, file), 'utf8');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; mark: string; line: number; lines: string[] } | undefined;
  text.split('\n').forEach((line, index) => {
    const fence = /^```(\S*) ?(.*)$/.exec(line);
    if (open !== undefined && fence !== null) {
      blocks.push({ ...open, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (fence !== null) open = { language: fence[1]!, mark: fence[2]!, line: index + 1, lines: [] };
    else prose.push(line);
  });
  const written = prose.join('\n').replace(/`[^`\n]*`/g, (code) => code.replace(/[\]()[]/g, ' '));
  const links = [...written.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(([, a, b]) => (a ?? b)!);
  return { file, text, anchors: anchorsOf(prose), links, blocks };
}

/** The anchor of a heading, as GitHub makes it. */
export const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');

/** A heading that comes again is numbered. */
function anchorsOf(lines: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of lines) {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = slugOf(plain);
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
