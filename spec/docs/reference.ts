/** The page of reference, made of the declarations' docstrings: `make reference` writes `lib/api/REFERENCE.md`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../sources.js';
import { type Declared, type EntryPoint, readEntryPoints } from './declarations.js';
import { slugOf } from './pages.js';

const head = `# Reference

Everything that the package exports, made of the docstrings of its declarations by \`make reference\`. What has no *since* was there in
1.0.0. Errors are [those of the API](README.md#errors).
`;

/** Names of 1.0.0: \`specifier name\`, and \`specifier name.member\`. */
const old = new Set(JSON.parse(readFileSync(join(root, 'spec/docs/names-1.0.0.json'), 'utf8')) as string[]);

/** Every name of the package, with those of members: what the list of 1.0.0 was made of. */
export const namesOf = (entries: readonly EntryPoint[]): string[] =>
  entries.flatMap(({ specifier, exported }) =>
    exported.flatMap(({ name, members }) => [
      `${specifier} ${name}`,
      ...members.map((member) => `${specifier} ${name}.${member.name}`),
    ]),
  );

export function printReference(entries: readonly EntryPoint[], version: string): string {
  const since = (name: string): string => (old.has(name) ? '' : ` *Since ${version}.*`);
  const contents = entries.map(
    ({ specifier, exported }) =>
      `- [\`${specifier}\`](#${slugOf(specifier)}): ${exported.map(({ name }) => `\`${name}\``).join(', ')}`,
  );
  const sections = entries.map(({ specifier, doc, exported }) =>
    [`## ${specifier}`, block(doc), ...exported.map((one) => printName(one, specifier, since))]
      .filter(Boolean)
      .join('\n\n'),
  );
  return `${[head.trim(), contents.join('\n'), ...sections].join('\n\n')}\n`;
}

function printName(declared: Declared, specifier: string, since: (name: string) => string): string {
  const { name, kind, heritage, text, doc, members, source } = declared;
  const title = `### ${name}\n\n${kind}${heritage === '' ? '' : ` \`${heritage}\``}, \`${source}\`.${since(`${specifier} ${name}`)}`;
  const rows = members.map(
    (member) =>
      `| \`${cell(member.text)}\` | ${cell(prose(member.doc))}${since(`${specifier} ${name}.${member.name}`)} |`,
  );
  const table = rows.length === 0 ? '' : ['| | |', '|---|---|', ...rows].join('\n');
  const code = rows.length > 0 || text === '' ? '' : `\`\`\`ts declaration\n${text}\n\`\`\``;
  return [title, block(doc), code, table].filter(Boolean).join('\n\n');
}

const cell = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');

/** Tags of a docstring as sentences. */
const prose = (doc: string): string =>
  doc
    .replace(/^@param (\S+) /gm, '`$1`: ')
    .replace(/^@returns? /gm, 'Returns ')
    .replace(/^@throws (?:\{(\w+)\} )?/gm, (_all, type: string | undefined) =>
      type ? `Throws \`${type}\`: ` : 'Throws ',
    )
    .replace(/^@/gm, '');

/** A docstring as paragraphs; its example as code. */
function block(doc: string): string {
  const [text, example] = doc.split(/^@example\n?/m) as [string, string?];
  const lines = prose(text.trim()).replace(/\n(?=(`\w+`:|Returns |Throws ))/g, '\n\n');
  return example === undefined ? lines : `${lines}\n\n\`\`\`ts example\n${example.trim()}\n\`\`\``.trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const entries = readEntryPoints();
  if (process.argv[2] === '--names') console.log(JSON.stringify(namesOf(entries), undefined, 1));
  else process.stdout.write(printReference(entries, version));
}
