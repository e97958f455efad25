/** The prompt: lines are typed at the bottom while output appears above them. */

import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import { commandNames } from './prompt-command.js';

export interface PromptHandler {
  line(text: string): void;
  /** Ctrl-D, or Ctrl-C on an empty line; Ctrl-C possibly more than once. */
  leave(): void;
}

export class Prompt {
  readonly #readline: Interface;
  #closed = false;

  constructor(prompt: string, handler: PromptHandler) {
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string) => [line === '' ? [] : commandNames.filter((name) => name.startsWith(line)), line],
    });
    this.#readline.on('line', (text) => {
      handler.line(text);
      if (!this.#closed) this.#readline.prompt();
    });
    this.#readline.on('SIGINT', () => {
      if (this.#readline.line === '') return handler.leave();
      this.#readline.write(null, { ctrl: true, name: 'e' });
      this.#readline.write(null, { ctrl: true, name: 'u' });
    });
    // After Ctrl-Z and fg readline waits to be asked for input.
    this.#readline.on('SIGCONT', () => this.#readline.prompt(true));
    this.#readline.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      process.stdout.write('\n');
      handler.leave();
    });
    this.#readline.prompt();
  }

  /** Prints whole lines above the one that is being typed. @returns as a stream's `write` */
  print(text: string): boolean {
    if (this.#closed) return process.stdout.write(text);
    const { rows } = this.#readline.getCursorPos();
    const up = rows > 0 ? `\x1b[${rows}A` : '';
    // Readline draws its line anew from as many rows higher as the cursor was: make that the row below the text.
    const more = process.stdout.write(`${up}\r\x1b[J${text}${'\n'.repeat(rows)}`);
    this.#readline.prompt(true);
    return more;
  }

  /** Takes the prompt away; what was being typed is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { rows } = this.#readline.getCursorPos();
    process.stdout.write(`${rows > 0 ? `\x1b[${rows}A` : ''}\r\x1b[J`);
    this.#readline.close();
  }
}
