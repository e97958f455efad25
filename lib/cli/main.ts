#!/usr/bin/env node
/** `ohos-websocket COMMAND …`: finds the command and loads only that. */

import { type Command, quoteArgument } from './command.js';
import { commands } from './commands.js';
import { nearest } from './did-you-mean.js';
import { renderRows } from './help.js';

const usage = `Usage: ohos-websocket COMMAND [arguments]

Commands:
${renderRows(
  Object.entries(commands).map(([name, { summary }]) => [name, summary] as const),
  11,
)}

ohos-websocket COMMAND --help    describes one of them
ohos-websocket --version         prints the version

Exit status 2: the command was called the wrong way.
`;

async function main([name, ...args]: string[]): Promise<number> {
  switch (name) {
    case undefined:
      process.stderr.write(usage);
      return 2;
    case '--version':
    case '-v':
      return print(`${(await import('../trace/package-version.js')).packageVersion()}\n`);
    case '--help':
    case '-h':
    case 'help':
      return args[0] === undefined ? print(usage) : print((await load(args[0]))?.help);
    default:
      return (await load(name))?.run(args) ?? 2;
  }
}

/** @returns `undefined` after a complaint, when there is no such command */
async function load(name: string): Promise<Command | undefined> {
  if (Object.hasOwn(commands, name)) return commands[name]!.load();
  const names = Object.keys(commands);
  const near = /^(?:wss?|https?|ws\+unix):|^[^-]*[.:/]/i.test(name) ? 'connect URL' : meant(name);
  const hint = near === undefined ? 'Try: ohos-websocket --help' : `Did you mean: ohos-websocket ${near}`;
  process.stderr.write(`ohos-websocket: expected one of ${names.join(', ')}, got ${quoteArgument(name)}.\n${hint}\n`);
  return undefined;
}

/** The command that a word may have been meant as; `--connect` and `-c` are another tool's. */
function meant(name: string): string | undefined {
  const known = Object.entries(commands).find(([, { elsewhere }]) => elsewhere?.includes(name));
  return known?.[0] ?? nearest(name.replace(/^-+/, ''), Object.keys(commands))[0];
}

function print(text: string | undefined): number {
  if (text === undefined) return 2;
  process.stdout.write(text);
  return 0;
}

// A reader that went away (`| head -1`) is nobody's mistake. Where it matters, commands listen for it themselves.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || stream.listenerCount('error') > 1) return;
    process.stderr.write(`ohos-websocket: cannot write the output: ${error.message}\n`);
    process.exit(1);
  });
}
process.exitCode = await main(process.argv.slice(2));
