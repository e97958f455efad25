/** A picture of what a command prints: SVG that is light or dark as the reader's system is, and loads nothing. */
import { escapeHtml } from '../../bench/report/escape.js';

const [lineHeight, advance, margin] = [19, 7.83, 16];

/** Which class a line, or the start of one, has. */
const classes: readonly (readonly [RegExp, string])[] = [
  [/^\$ /, 'command'],
  [/^FAIL\b|^!/, 'bad'],
  [/^(#\d+ )?\+?[\d.]+\s+>|^\s+>/, 'sent'],
  [/^(#\d+ )?\+?[\d.]+\s+<|^\s+</, 'received'],
  [/^pass\b/, 'soft'],
];

/** @param title for those who do not see it */
export function terminalPicture(title: string, lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => line.length));
  const [width, height] = [Math.ceil(columns * advance) + 2 * margin, lines.length * lineHeight + 2 * margin];
  const rows = lines.map((line, index) => {
    const kind = classes.find(([pattern]) => pattern.test(line))?.[1];
    const y = margin + index * lineHeight + 13;
    return `<text${kind === undefined ? '' : ` class="${kind}"`} x="${margin}" y="${y}">${escapeHtml(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">
<style>
text { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1d2733; white-space: pre; }
.paper { fill: #f7f9fb; } .command { font-weight: 700; } .bad { fill: #b3261e; font-weight: 700; }
.sent { fill: #0b57a4; } .received { fill: #1b6e3c; } .soft { fill: #5d6b7a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e9ef; } .paper { fill: #14181d; } .bad { fill: #ff8a80; } .sent { fill: #7db8ff; } .received { fill: #7fd99a; }
  .soft { fill: #9aa7b5; }
}
</style>
<rect class="paper" width="100%" height="100%" rx="8"/>
${rows.join('\n')}
</svg>
`;
}

/** The lines of such a picture. */
export const linesOf = (picture: string): string[] =>
  [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, line]) =>
    line!.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))),
  );
