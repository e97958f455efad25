/** A command's text -> its `--help`, in lines of at most 80 columns. */
import { type CommandText, exitStatuses, groupOptions, type OptionRow, optionWithValue } from './command-text.js';

const lineWidth = 80;
/** A longer label has its help below it. */
const widestLabel = 30;

export function renderHelp(text: CommandText): string {
  const { name, usage, about, options, notes, examples } = text;
  const groups = [...groupOptions(options)].map(
    ([group, rows]) => [group, rows.map(([option, row]) => [optionLabel(option, row), row.help] as const)] as const,
  );
  const labels = groups.flatMap(([, rows]) => rows.map(([label]) => label.length));
  const width = Math.min(widestLabel, Math.max(...labels));
  return `${[
    wrapText(`Usage: ohos-websocket ${name} ${usage}`.trimEnd()),
    wrapText(about),
    ...groups.map(([group, rows]) => `${group}:\n${renderRows(rows, width)}`),
    ...(notes === undefined ? [] : [wrapText(notes)]),
    `Exit status:\n${renderRows(exitStatuses(text), 3)}`,
    `Examples:\n${examples.map((example) => wrapExample(example)).join('\n')}`,
  ].join('\n\n')}\n`;
}

function optionLabel(name: string, row: OptionRow<unknown>): string {
  return `${row.short === undefined ? '    ' : `-${row.short}, `}--${optionWithValue(name, row)}`;
}

/** Two columns, the second one in lines of whole words. */
export function renderRows(rows: readonly (readonly [label: string, help: string])[], width: number): string {
  const indent = ' '.repeat(width + 4);
  return rows
    .map(([label, help]) => {
      const lines = wrapWords(help, lineWidth - indent.length);
      if (label.length > width) return [`  ${label}`, ...lines.map((line) => indent + line)].join('\n');
      return `  ${label.padEnd(width)}  ${lines.join(`\n${indent}`)}`;
    })
    .join('\n');
}

/** Paragraphs broken anew; a line that begins with two spaces stays apart, and goes on below its second column. */
export function wrapText(text: string): string {
  const paragraphs: string[] = [];
  for (const line of text.split('\n')) {
    const last = paragraphs.at(-1);
    if (last === undefined || last === '' || line === '' || line.startsWith('  ') || last.startsWith('  ')) {
      paragraphs.push(line);
    } else paragraphs[paragraphs.length - 1] = `${last} ${line}`;
  }
  return paragraphs
    .map((paragraph) => {
      const indent = /^ {2,}(?:\S+ {2,})?/.exec(paragraph)?.[0] ?? '';
      const lines = wrapWords(paragraph.slice(indent.length), lineWidth - indent.length);
      return indent + lines.join(`\n${' '.repeat(indent.length)}`);
    })
    .join('\n');
}

function wrapWords(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** A line of a shell, broken before an option, a pipe or a file as a shell reads it; what is in quotes stays whole. */
export function wrapExample(example: string): string {
  const lines = [''];
  for (const part of example.split(/ (?=(?:[^']*'[^']*')*[^']*$)(?=[-|>])/)) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + part.length > lineWidth - 8) lines.push(part);
    else lines[lines.length - 1] = line === '' ? part : `${line} ${part}`;
  }
  return `  ${lines.join(' \\\n      ')}`;
}
