/** Completion for zsh: a function for `fpath` that tells `_arguments` of every option. */
import { allOptions, completionOf, type OptionRow, type SummarizedCommand, wordsOf } from '../command-text.js';

export function zshScript(commands: readonly SummarizedCommand[]): string {
  const described = commands.map(({ text, summary }) => `    ${quoted(`${text.name}:${summary}`)}`);
  return `#compdef ohos-websocket
_ohos_websocket() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments '--help[print this]' '--version[print the version]'
    return
  fi
  local name=$words[2]
  shift words
  ((CURRENT--))
  case $name in
${commands.map((command) => caseOf(command)).join('\n')}
    help) _describe command commands ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _ohos_websocket "$@"; else compdef _ohos_websocket ohos-websocket; fi
`;
}

function caseOf({ text }: SummarizedCommand): string {
  const words = wordsOf(text.usage);
  const rest = words.length === 0 ? '*:argument:_files' : `:${text.name}:(${words.join(' ')})`;
  const specs = [...allOptions(text.options).flatMap(([name, row]) => specsOf(name, row)), quoted(rest)];
  return `    ${text.name}) _arguments \\\n      ${specs.join(' \\\n      ')} ;;`;
}

function specsOf(name: string, row: OptionRow<unknown>): string[] {
  const spellings = [`--${name}`, ...(row.short === undefined ? [] : [`-${row.short}`])];
  const exclusive = row.form === 'many' ? '*' : spellings.length > 1 ? `(${spellings.join(' ')})` : '';
  const values = completionOf(row);
  const action = values === 'files' ? '_files' : values.length > 0 ? `(${values.join(' ')})` : ' ';
  const value = row.placeholder === undefined ? '' : `:${escaped(row.placeholder)}:${action}`;
  return spellings.map((spelling) => {
    const long = spelling.startsWith('--');
    if (row.form === 'maybe')
      return quoted(`${exclusive}${spelling}${long ? '=-' : ''}[${escaped(row.help)}]:${value}`);
    const joined = value === '' ? '' : long ? '=' : '+';
    return quoted(`${exclusive}${spelling}${joined}[${escaped(row.help)}]${value}`);
  });
}

const escaped = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
