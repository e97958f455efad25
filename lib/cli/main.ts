#!/usr/bin/env node
/** `ohos-websocket COMMAND …`: finds the command and loads only that. */

/** What each command's module exports. */
interface Command {
  /** Shown by `--help`. */
  readonly help: string;
  /** @returns the exit status */
  run(args: string[]): Promise<number>;
}

const commands: Record<string, { summary: string; load: () => Promise<Command> }> = {
  demo: { summary: "the platform document's example, every event printed", load: () => import('./demo.js') },
  'echo-server': { summary: 'a strictly conforming echo server, for trying', load: () => import('./echo-server.js') },
};

const usage = `Usage: ohos-websocket COMMAND [arguments]

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}  ${summary}`)
  .join('\n')}

\`ohos-websocket COMMAND --help\` tells about one of them. Exit status 2: the command was called the wrong way.`;

async function main([name = '--help', ...args]: string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(usage);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    console.error(`ohos-websocket: expected one of ${Object.keys(commands).join(', ')}, got ${JSON.stringify(name)}.`);
    return 2;
  }
  const { help, run } = await commands[name]!.load();
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help);
    return 0;
  }
  return run(args);
}

process.exitCode = await main(process.argv.slice(2));
