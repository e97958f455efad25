/** Completion for bash 4 and later: one function that knows all options, and starts nothing when Tab is pressed. */
import { allOptions, completionOf, type OptionRow, type SummarizedCommand, wordsOf } from '../command-text.js';

export function bashScript(commands: readonly SummarizedCommand[]): string {
  const names = commands.map(({ text }) => text.name);
  return `# bash completion for ohos-websocket
_ohos_websocket() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} options= short=
  # "=" parts words: --name=value comes as three of them.
  if [[ $current == = ]]; then current=; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${names.join(' ')} help --help --version' -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map((command) => `    ${command.text.name})\n${caseOf(command)}\n      ;;`).join('\n')}
    help)
      COMPREPLY=($(compgen -W '${names.join(' ')}' -- "$current"))
      return
      ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  fi
}
complete -o default -F _ohos_websocket ohos-websocket
`;
}

function caseOf({ text }: SummarizedCommand): string {
  const rows = allOptions(text.options);
  const options = rows.map(([name]) => `--${name}`).join(' ');
  const spelled = (name: string, { short }: OptionRow<unknown>): string =>
    short === undefined ? `--${name}` : `--${name} | -${short}`;
  const words = rows.flatMap(([name, row]) => {
    const values = completionOf(row);
    if (values === 'files' || values.length === 0) return [];
    return [`        ${spelled(name, row)}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`];
  });
  const files = rows.filter(([, row]) => completionOf(row) === 'files').map(([name, row]) => spelled(name, row));
  if (files.length > 0) {
    words.push(
      `        ${files.join(' | ')}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;`,
    );
  }
  const own = wordsOf(text.usage);
  const argument = own.length === 0 ? [] : [`      COMPREPLY=($(compgen -W '${own.join(' ')}' -- "$current"))`];
  const cases = words.length === 0 ? [] : [`      case $before in\n${words.join('\n')}\n      esac`];
  return [`      options='${options}'`, ...argument, ...cases].join('\n');
}
