#!/usr/bin/env node
/** `ohos-websocket COMMAND …`: finds the command and loads only that. */

import { type Command, quoteArgument } from './command.js';

const commands: Record<string, { summary: string; load: () => Promise<Command> }> = {
  connect: {
    summary: 'talk to a server, at a prompt or through pipes',
    load: async () => (await import('./connect/command.js')).connectCommand,
  },
  audit: {
    summary: 'questions to a server, one per rule of RFC 6455, and a report',
    load: async () => (await import('./audit/command.js')).auditCommand,
  },
  bench: {
    summary: 'how fast your server sends, echoes, pings and connects',
    load: async () => (await import('./bench/command.js')).benchCommand,
  },
  replay: {
    summary: 'a transcript through a fresh session, compared with it',
    load: async () => (await import('./replay.js')).replayCommand,
  },
  'echo-server': {
    summary: 'a strictly conforming echo server, for trying',
    load: async () => (await import('./echo-server.js')).echoServerCommand,
  },
  demo: {
    summary: "the platform document's example, every event printed",
    load: async () => (await import('./demo.js')).demoCommand,
  },
};

const usage = `Usage: ohos-websocket COMMAND [arguments]

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}  ${summary}`)
  .join('\n')}

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
  const near = /^wss?:/i.test(name) ? 'connect URL' : names.find((known) => known.startsWith(name.slice(0, 3)));
  const hint = near === undefined ? 'Try: ohos-websocket --help' : `Did you mean: ohos-websocket ${near}`;
  process.stderr.write(`ohos-websocket: expected one of ${names.join(', ')}, got ${quoteArgument(name)}.\n${hint}\n`);
  return undefined;
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
