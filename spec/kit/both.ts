/** One program under both semantics: the package's own, and the platform's. */
import type { TestContext } from 'node:test';
import { webSocket } from '../../lib/index.js';
import { webSocket as platform } from '../../lib/kit/ohos-net-websocket.js';

/** What the two have in common, as programs write it. */
export type AnyWebSocket = ReturnType<typeof webSocket.createWebSocket>;

export const makers: Readonly<Record<'package' | 'platform', () => AnyWebSocket>> = {
  package: () => webSocket.createWebSocket(),
  platform: () => platform.createWebSocket() as unknown as AnyWebSocket,
};

/** A way to call that is not type-checked, as programs in JavaScript do. */
export type Loose = Record<'connect' | 'send' | 'close' | 'on' | 'off', (...args: unknown[]) => unknown>;
export const loose = (ws: AnyWebSocket): Loose => ws as unknown as Loose;

/** Writes down what happens to a WebSocket, one line each, in order. */
export class Diary {
  readonly lines: string[] = [];
  readonly ws: AnyWebSocket;
  readonly #waiting = new Set<() => void>();

  constructor(ws: AnyWebSocket) {
    this.ws = ws;
    ws.on('headerReceive', () => this.write('headerReceive'));
    ws.on('open', (_error, { status }) => this.write(`open ${status}`));
    ws.on('openInfo', () => this.write('openInfo'));
    ws.on('message', (_error, message) => this.write(`message ${typeof message === 'string' ? message : 'binary'}`));
    ws.on('error', ({ code, data }) => this.write(`error ${code} ${data}`));
    ws.on('close', (_error, { code, reason }) => this.write(`close ${code} ${reason}`.trimEnd()));
  }

  write(line: string): void {
    this.lines.push(line);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** A callback that writes down how an operation ended. */
  ended(what: string): (error: { code: number } | undefined, value: unknown) => void {
    return (error, value) => this.write(`${what} ${error === undefined ? value : error.code}`);
  }

  /** Resolves when there is a line that starts like this. */
  async until(start: string): Promise<void> {
    while (!this.lines.some((line) => line.startsWith(start)))
      await new Promise<void>((wake) => this.#waiting.add(wake));
  }
}

/** Runs a program once with each, and gives what it wrote down. */
export async function both(
  t: TestContext,
  program: (diary: Diary, t: TestContext) => Promise<void> | void,
): Promise<{ package: string[]; platform: string[] }> {
  const told = { package: [] as string[], platform: [] as string[] };
  for (const [name, make] of Object.entries(makers) as ['package' | 'platform', () => AnyWebSocket][]) {
    const diary = new Diary(make());
    await program(diary, t);
    // What nobody expects has the time to happen: a turn for each thing that follows another.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    told[name] = [...diary.lines];
  }
  return told;
}
