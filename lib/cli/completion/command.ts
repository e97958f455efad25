/** `ohos-websocket completion SHELL`: prints a script with which the shell completes commands, options and their values. */
import { type Command, type CommandDirectory, defineCommand, loadTexts, readChoice, UsageError } from '../command.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { zshScript } from './zsh.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
const shells = ['bash', 'zsh', 'fish'] as const;

export function completionCommand(commands: CommandDirectory): Command {
  return defineCommand({
    name: 'completion',
    usage: shells.join('|'),
    about: `Prints a script for a shell. With it the Tab key completes commands, options, and values that are one of a few words or
the name of a file.`,
    options: {},
    exit: { 0: 'printed' },
    examples: [
      `source <(ohos-websocket completion bash)`,
      'ohos-websocket completion bash > ~/.local/share/bash-completion/completions/ohos-websocket',
      `ohos-websocket completion zsh > "\${fpath[1]}/_ohos-websocket"`,
      'ohos-websocket completion fish > ~/.config/fish/completions/ohos-websocket.fish',
    ],
    run: async (_values, positionals, { stdout }) => {
      const [shell, ...more] = positionals;
      if (shell === undefined || more.length > 0)
        throw new UsageError(`expected ${shells.join(', ')}, got ${positionals.length} arguments`);
      const script = scripts[readChoice('the shell', shell, shells)];
      stdout.write(script(await loadTexts(commands)));
      return 0;
    },
  });
}
