#!/usr/bin/env node
/** `ohos-websocket COMMAND …`: finds the command and loads only that. */

/** What each command's module exports. */
interface Command {
  /** What `--help` prints. */
  readonly help: string;
  /** @returns the exit status */
  run(args: string[]): Promise<number>;
}

const commands: Record<string, { summary: string; load: () => Promise<Command> }> = {
  connect: { summary: 'talk to a server, at a prompt or through pipes', load: () => import('./connect/command.js') },
  audit: {
    summary: 'questions to a server, one per rule of RFC 6455, and a report',
    load: () => import('./audit/command.js'),
  },
  bench: {
    summary: 'how fast your server sends, echoes, pings and connects',
    load: () => import('./bench/command.js'),
  },
  replay: { summary: 'a transcript through a fresh session, compared with it', load: () => import('./replay.js') },
  'echo-server': { summary: 'a strictly conforming echo server, for trying', load: () => import('./echo-server.js') },
  demo: { summary: "the platform document's example, every event printed", load: () => import('./demo.js') },
};

const usage = `Usage: ohos-websocket COMMAND [arguments]

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}  ${summary}`)
  .join('\n')}

ohos-websocket COMMAND --help    tells about one of them
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
      return args[0] === undefined ? print(usage) : print(helpOf(await load(args[0])));
    default: {
      const command = await load(name);
      return asksForHelp(args) ? print(helpOf(command)) : (command?.run(args) ?? 2);
    }
  }
}

/** @returns `undefined` after a complaint, when there is no such command */
async function load(name: string): Promise<Command | undefined> {
  if (Object.hasOwn(commands, name)) return commands[name]!.load();
  const names = Object.keys(commands);
  const near = /^wss?:/i.test(name) ? 'connect URL' : names.find((known) => known.startsWith(name.slice(0, 3)));
  const got = JSON.stringify(name.replace(/^(\w+:\/\/)[^/]*@/, '$1').slice(0, 60));
  const hint = near === undefined ? 'Try: ohos-websocket --help' : `Did you mean: ohos-websocket ${near}`;
  process.stderr.write(`ohos-websocket: expected one of ${names.join(', ')}, got ${got}.\n${hint}\n`);
  return undefined;
}

/** Anywhere among the options: no option of a command takes a value that begins with "-" from the next argument. */
function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((argument) => argument === '--help' || argument === '-h');
}

function helpOf(command: Command | undefined): string | undefined {
  return command && `${command.help.trimEnd()}\n`;
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
