/**
 * The conformance statement: every rule that is enforced, where it stands, and the vectors that show it.
 *
 *     node dist/spec/rfc6455/conformance.js
 */
import { argv, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { rules } from '../../lib/protocol/rules.js';
import { badReplies, badStreams, goodStreams } from './vectors.js';

/** The statement as Markdown: a table of the rules, then the streams that keep them, by section. */
export function conformanceStatement(): string {
  const ruleRows = Object.values(rules).map(({ id, section, demand, closeCode }) => {
    const vectors = [...badStreams, ...badReplies].filter(({ rule }) => rule === id);
    const titles = vectors.map(({ title }) => title).join('; ');
    return [`\`${id}\``, section, demand, String(closeCode ?? '–'), titles];
  });
  const sections = [...new Set(goodStreams.map(({ section }) => section))];
  const sectionRows = sections.map((section) => {
    const titles = goodStreams.filter((stream) => stream.section === section).map(({ title }) => title);
    return [`RFC 6455 ${section}`, titles.join('; ')];
  });
  return [
    '# Conformance',
    `Every rule that is enforced on the peer, and the streams that trip it (${badStreams.length + badReplies.length}).`,
    'Each stream is run whole, cut in two at every position, and byte by byte, with the same outcome.',
    '',
    ...markdownTable(['Rule', 'Section', 'The peer has to see to it that', 'Close code', 'Tripped by'], ruleRows),
    '',
    `Streams that keep every rule, and have to be accepted (${goodStreams.length}):`,
    '',
    ...markdownTable(['Section', 'Accepted'], sectionRows),
    '',
  ].join('\n');
}

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)];
}

if (argv[1] === fileURLToPath(import.meta.url)) stdout.write(conformanceStatement());
