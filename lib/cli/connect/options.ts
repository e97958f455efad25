/** The options of `connect` beside those of every command that connects: what is sent, what is shown, when it ends. */
import {
  byteCountOption,
  choiceOption,
  flagOption,
  maybeOption,
  numberOption,
  parsedOption,
  readChoice,
  readNumber,
  textOption,
  textOptions,
} from '../command.js';
import { outputForms } from './format.js';

/** The heading of its own options in the help. */
const group = 'Messages';

/** One row an option, beside those of every command that connects. */
export const ownOptions = {
  execute: textOptions(
    'MESSAGE',
    'send this instead of reading stdin, then wait and close: a text, hex:00ff, base64:AP8=, @FILE, or text:… for a text that begins like these; repeatable',
    { short: 'x', group, elsewhere: ['--send', '--data', '-d', '--message'] },
  ),
  binary: parsedOption(
    maybeOption(
      'lines|length-prefixed',
      'send binary messages: stdin as one, each line, or each after its length in four bytes (big-endian)',
      { group, elsewhere: ['-b'] },
    ),
    readBinary,
  ),
  null: parsedOption(
    maybeOption(
      'keep',
      'messages end with NUL instead of a line end, in and out; keep: and the NUL is sent, as STOMP wants it',
      { short: '0', group, elsewhere: ['--null-terminated', '--print0'] },
    ),
    readNull,
  ),
  escape: flagOption('\\n, \\0, \\u00e9 in lines and MESSAGEs stand for characters; \\\\ is a backslash', { group }),
  output: choiceOption(
    outputForms,
    'how messages are written, texts and binary ones alike: their bytes and nothing else, or a line of digits each (default: texts as they are, binary ones as hex:…)',
    undefined,
    { group },
  ),
  wait: parsedOption(
    textOption(
      'SECONDS',
      'how long to wait for messages after the last one was sent, or "forever" (default: 1; with --count: forever)',
      { group, elsewhere: ['-w'] },
    ),
    readWait,
  ),
  count: numberOption(
    'N',
    'close after N messages were received',
    { least: 1, most: Number.MAX_SAFE_INTEGER, integer: true, otherwise: undefined },
    { group, elsewhere: ['-1', '--one-message'] },
  ),
  heartbeat: textOption('TEXT:SECONDS', 'send this again and again, for servers to which pings are not enough', {
    group,
  }),
  location: flagOption('follow redirects, at most 5; credentials go to the same origin only', {
    group,
    planNames: ['maxRedirects'],
    elsewhere: ['-L', '--max-redirs', '--max-redirects', '--follow-redirects', '--follow'],
  }),
  reconnect: parsedOption(
    maybeOption(
      'SECONDS',
      'connect again when the connection is lost or cannot be made, after 1, 2, 4, … at most SECONDS (default: 30), less up to a half by chance; what was not sent is kept',
      { group, elsewhere: ['--autoreconnect'] },
    ),
    readReconnect,
  ),
  'max-size': byteCountOption('of a message to receive; a larger one ends the connection (default: 100M)', { group }),
  json: flagOption(
    'one JSON object a line: open, text, binary, pong, close; the way to tell messages apart that have line ends in them',
    { group },
  ),
  trace: flagOption('show every frame on stderr', {
    group,
    elsewhere: ['-v', '--verbose', '-P', '--show-ping-pong', '--debug'],
  }),
  clock: flagOption('the time of day (UTC) in the lines of --trace and of FILE.txt', { group }),
  transcript: textOption(
    'FILE',
    'record the connection: FILE.jsonl (for ohos-websocket replay), FILE.har (for DevTools) or FILE.txt (lines)',
    { group },
  ),
  secrets: flagOption('leave credentials in --trace, --transcript and what is shown of the handshake', { group }),
};

function readWait(text: string, name: string): number {
  return text === 'forever' ? Infinity : readNumber(name, text, { least: 0, most: 2_000_000 });
}

/** The longest wait, of which the default is nothing that a server minds. */
const defaultReconnect = 30;

function readReconnect(given: string, name: string): number {
  return given === '' ? defaultReconnect : readNumber(name, given, { least: 0.01, most: 2_000_000 });
}

function readBinary(given: string, name: string): 'whole' | 'lines' | 'length-prefixed' {
  return given === '' ? 'whole' : readChoice(name, given, ['lines', 'length-prefixed']);
}

function readNull(given: string, name: string): 'nul' | 'nul-kept' {
  if (given === '') return 'nul';
  readChoice(name, given, ['keep']);
  return 'nul-kept';
}
