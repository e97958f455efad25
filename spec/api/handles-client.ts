/** Runs cases of `handles.spec.ts` in a process of its own, where every handle is the client's. */
import { webSocket } from '../../lib/index.js';

/** What to do with a peer, and when. */
export interface Case {
  readonly title: string;
  readonly url: string;
  readonly handshakeTimeout?: number;
  readonly pingInterval?: number;
  /** Aborts or closes when this happens; default: the case ends by itself. */
  readonly abortOn?: 'call' | 'turn' | 'headerReceive';
  readonly closeOn?: 'call' | 'turn' | 'headerReceive' | 'open' | 'message' | 'error';
}

/** What happened, and which handles were there afterwards that had not been there before. */
export interface Verdict {
  readonly title: string;
  /** `connected`, `failed <code>`, `close <code>`, `closed` in order. */
  readonly ends: readonly string[];
  readonly left: readonly string[];
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What is there now and was not before. Handles go a few turns after they are closed; one that leaks never does. */
async function leftSince(before: readonly string[]): Promise<string[]> {
  for (let turns = 0; ; turns++) {
    await turn();
    // Destroying a socket makes Node look at process.stderr, which opens it: that one stays.
    const left = process.getActiveResourcesInfo().filter((name) => !['PipeWrap', 'TTYWrap'].includes(name));
    for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1);
    if (left.length === 0 || turns === 200) return left;
  }
}

async function run(one: Case): Promise<Verdict> {
  const before = process.getActiveResourcesInfo();
  const ends: string[] = [];
  const ws = webSocket.createWebSocket();
  const abort = new AbortController();
  const done: Promise<unknown>[] = [];
  const act = (event: string): void => {
    if (one.abortOn === event) abort.abort();
    if (one.closeOn === event) {
      done.push(
        ws.close().then(
          () => ends.push('closed'),
          (error: webSocket.BusinessError) => ends.push(`close failed ${error.code}`),
        ),
      );
    }
  };
  for (const event of ['headerReceive', 'open', 'message', 'error'] as const) ws.on(event, () => act(event));
  let closed = (): void => {};
  const gone = new Promise<void>((resolve) => (closed = resolve));
  ws.on('close', (_error, { code }) => {
    ends.push(`close ${code}`);
    closed();
  });
  const { url, handshakeTimeout = 5000, pingInterval = 30 } = one;
  const connecting = ws.connect(url, { handshakeTimeout, pingInterval, closeTimeout: 50, signal: abort.signal });
  act('call');
  setImmediate(act, 'turn');
  try {
    await connecting;
    ends.unshift('connected'); // it may be told after its close event has come
    await gone;
  } catch (error) {
    ends.unshift(`failed ${(error as webSocket.BusinessError).code}`);
  }
  await Promise.all(done);
  return { title: one.title, ends, left: await leftSince(before) };
}

process.once('message', async (cases: Case[]) => {
  const verdicts: Verdict[] = [];
  for (const one of cases) verdicts.push(await run(one));
  process.send!(verdicts, () => process.disconnect());
});
