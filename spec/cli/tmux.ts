/** A program in a terminal of its own that a spec types into and reads: tmux, without the user's settings. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { atExit } from '../peer/at-exit.js';
import { mainPath } from './command.js';

export const noTmux: false | string =
  spawnSync('tmux', ['-V']).error === undefined ? false : 'tmux is not installed: apt-get install tmux';

/** The command, as a shell starts it. */
export const commandLine = `'${process.execPath}' '${mainPath}'`;

export class Terminal {
  readonly #server = `ohos-websocket-${randomUUID()}`;
  readonly #ended: () => void;

  /** Starts a shell that shows `$` where it waits. */
  constructor(columns = 100, rows = 30) {
    this.#ended = atExit(() => this.#kill());
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = 'env -i PATH="$PATH" TERM=screen LANG=C.UTF-8 NO_COLOR=1 PS1=\'$ \' bash --norc --noprofile -i';
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, shell);
    this.#tmux('set-option', '-g', 'history-limit', '50000');
  }

  /** Types a text, and Enter. */
  enter(text: string): void {
    this.#tmux('send-keys', '-l', '--', text);
    this.#tmux('send-keys', 'Enter');
  }

  /** Presses keys by their names in tmux: `C-z`, `Up`. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What is there to be read, with what scrolled away; long lines joined. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-').replace(/[ \n]+$/, '');
  }

  /** Waits until it is there. */
  async shows(expected: RegExp): Promise<string> {
    const end = Date.now() + 20_000;
    for (;;) {
      const screen = this.screen();
      if (expected.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`expected ${expected}, got\n${screen.slice(-2000)}`);
      await pause(50);
    }
  }

  close(): void {
    this.#ended();
    this.#kill();
  }

  #kill(): void {
    spawnSync('tmux', ['-L', this.#server, 'kill-server']);
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
