import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createWebSocket, type WebSocket } from '../../lib/api/websocket.js';
import { transcriptToHar } from '../../lib/trace/har.js';
import { parseTranscript } from '../../lib/trace/transcript-reader.js';
import { frameOf } from '../peer/frames.js';
import { Recording } from '../trace/recording.js';
import { chromium } from './chromium.js';

/** A page of a browser, spoken to by the DevTools protocol. */
class Page {
  readonly #socket: WebSocket;
  #calls = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** @returns the first message that fits */
  #await(fits: (message: { id?: number; method?: string }) => boolean): Promise<{ result?: unknown }> {
    return new Promise((resolve) => {
      const listener = (_: unknown, message: string | ArrayBuffer): void => {
        const parsed = JSON.parse(message as string);
        if (!fits(parsed)) return;
        this.#socket.off('message', listener);
        resolve(parsed);
      };
      this.#socket.on('message', listener);
    });
  }

  async call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#calls;
    const answer = this.#await((message) => message.id === id);
    await this.#socket.send(JSON.stringify({ id, method, params }));
    return (await answer).result;
  }

  async open(url: string): Promise<void> {
    await this.call('Page.enable');
    const loaded = this.#await(({ method }) => method === 'Page.loadEventFired');
    await this.call('Page.navigate', { url });
    await loaded;
  }
}

const skip = chromium === undefined && 'there is no Chromium';

describe('a HAR file in the DevTools of Chromium', { skip, timeout: 60_000 }, () => {
  let folder: string;
  let browser: ChildProcess;
  let host: string;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-har-'));
    const options = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
    browser = spawn(chromium!, [...options, `--user-data-dir=${folder}`, 'about:blank'], { detached: true });
    let said = '';
    for await (const chunk of browser.stderr!) {
      said += String(chunk);
      const found = /DevTools listening on ws:\/\/([^/]+)\//.exec(said);
      if (found === null) continue;
      host = found[1]!;
      break;
    }
  });
  after(async () => {
    const gone = once(browser, 'exit');
    process.kill(-browser.pid!, 'SIGKILL'); // its children too: they write into the folder
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  it('is imported, with messages, failures, the address and the times', async () => {
    const tcp = { address: '192.0.2.1', port: 443, localPort: 4000 };
    const recording = new Recording({
      before: ({ recorder }) => recorder.step({ step: 'TCP connection', duration: 2, tcp, tls: undefined }),
    })
      .accept()
      .do((session) => session.sendText('hello'))
      .receive(frameOf(0x82, 'data'))
      .do((session) => session.receiveEnd(new Error('ECONNRESET')));
    const har = JSON.stringify(transcriptToHar(parseTranscript(recording.text)));
    const tabs = await fetch(`http://${host}/json/new?about:blank`, { method: 'PUT' });
    const { webSocketDebuggerUrl } = (await tabs.json()) as { webSocketDebuggerUrl: string };
    const socket = createWebSocket();
    await socket.connect(webSocketDebuggerUrl, { proxy: 'no-proxy' });
    const page = new Page(socket);
    await page.open(`http://${host}/devtools/inspector.html`);
    const expression = `(async () => {
      const { HARFormat, Importer } = await import('/devtools/models/har/har.js');
      const requests = Importer.Importer.requestsFromHARLog(new HARFormat.HARRoot(${har}).log);
      return requests.map((one) => ({
        type: one.resourceType().name(), status: one.statusCode, address: one.remoteAddress(),
        frames: one.frames().map(({ type, opCode, text }) => [type, opCode, text]),
      }));
    })()`;
    const evaluated = await page.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    await socket.close();
    const failure = 'the connection was lost without a Close frame: ECONNRESET';
    assert.deepEqual((evaluated as { result: { value: unknown } }).result.value, [
      {
        type: 'websocket',
        status: 101,
        address: '192.0.2.1:443',
        frames: [
          ['send', 1, 'hello'],
          ['receive', 2, 'ZGF0YQ=='],
          ['error', -1, failure],
        ],
      },
    ]);
  });
});
