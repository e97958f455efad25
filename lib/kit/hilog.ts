/** The platform's `hilog` on the console: `hilog.info(0x0001, 'tag', 'user %{public}s, %{public}d', name, count)`. */

/** Levels of a log line. */
const LogLevel = { DEBUG: 3, INFO: 4, WARN: 5, ERROR: 6, FATAL: 7 } as const;
type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** Writes one line; more arguments than the format has conversions are ignored. */
type Log = (domain: number, tag: string, format: string, ...args: unknown[]) => void;

let least: LogLevel = LogLevel.DEBUG;

const conversion = /%(?:\{(public|private)\})?([a-zA-Z])|%%/g;

/**
 * Fills in a format. `{private}` is blotted; so is text without a mark, as on the platform. Numbers and objects without a
 * mark are shown, which the platform does in debug versions only.
 */
function fill(format: string, args: readonly unknown[]): string {
  let next = 0;
  return format.replace(conversion, (written: string, mark: string | undefined, letter: string | undefined) => {
    if (letter === undefined) return '%';
    if (next === args.length) return written;
    const value = args[next++];
    return mark === 'private' || (mark === undefined && letter === 's') ? '<private>' : show(value);
  });
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value); // a circle, or a getter that throws
  }
}

function log(level: LogLevel, letter: string, write: (line: string) => void): Log {
  return (domain, tag, format, ...args) => {
    if (level < least) return;
    const number = Number(domain).toString(16).toUpperCase().padStart(5, '0');
    write(`${letter} A${number}/${tag}: ${fill(String(format), args)}`);
  };
}

/** `debug` and `info` write to standard output, the others to standard error. */
export const hilog = {
  LogLevel,
  debug: log(LogLevel.DEBUG, 'D', (line) => console.debug(line)),
  info: log(LogLevel.INFO, 'I', (line) => console.info(line)),
  warn: log(LogLevel.WARN, 'W', (line) => console.warn(line)),
  error: log(LogLevel.ERROR, 'E', (line) => console.error(line)),
  fatal: log(LogLevel.FATAL, 'F', (line) => console.error(line)),
  isLoggable: (_domain: number, _tag: string, level: LogLevel): boolean => level >= least,
  /** Lines below this level are not written; default `LogLevel.DEBUG`. */
  setMinLogLevel: (level: LogLevel): void => {
    least = level;
  },
};
