/** Asks for a secret on the terminal, whatever stdin and stdout are, and shows nothing of what is typed. */
import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { ReadStream, WriteStream } from 'node:tty';
import { printable } from '../protocol/printable.js';
import { UsageError } from './command.js';

/**
 * @param what to ask for, e.g. `password of ann`
 * @param otherwise what to do where there is no terminal, e.g. `use --auth USER:PASSWORD`
 * @throws {UsageError} there is no terminal, or the user gave up
 */
export async function askSecret(what: string, otherwise: string): Promise<string> {
  let fd: number;
  try {
    fd = openSync(process.platform === 'win32' ? '\\\\.\\CON' : '/dev/tty', 'r+');
  } catch {
    throw new UsageError(`there is no terminal to ask for the ${printable(what)}: ${otherwise}`);
  }
  const [input, output] = [new ReadStream(fd), new WriteStream(fd)];
  try {
    output.write(`${printable(what)}: `);
    input.setRawMode(true);
    const secret = await readTyped(input);
    if (secret === undefined) throw new UsageError(`the ${printable(what)} was not given`);
    return secret;
  } finally {
    input.setRawMode(false);
    output.write('\n');
    input.destroy();
    output.destroy();
    try {
      closeSync(fd);
    } catch {} // the streams may have closed it
  }
}

/** What is typed until Enter; `undefined` after Ctrl-C, or Ctrl-D on nothing. */
function readTyped(input: ReadStream): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = '';
    input.setEncoding('utf8').on('data', (text) => {
      for (const char of String(text)) {
        if (char === '\r' || char === '\n') return resolve(typed);
        if (char === '\x03' || (char === '\x04' && typed === '')) return resolve(undefined);
        if (char === '\x7f' || char === '\b') typed = [...typed].slice(0, -1).join('');
        else if (char === '\x15') typed = '';
        else if (char >= ' ') typed += char;
      }
    });
    input.on('error', () => resolve(undefined)).on('end', () => resolve(undefined));
  });
}
