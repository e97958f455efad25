import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { consumer, root } from '../packed/package.js';

/** What `lib/kit/README.md` tells programs of the platform to put into their tsconfig.json. */
const { paths } = (
  JSON.parse(
    /```json\n(\{\s*"compilerOptions":[^]*?"paths"[^]*?)```/.exec(
      readFileSync(join(root, 'lib/kit/README.md'), 'utf8'),
    )?.[1] ?? '{}',
  ) as { compilerOptions: { paths: Record<string, string[]> } }
).compilerOptions;

const source = (name: string): string => readFileSync(join(root, 'spec/types', name), 'utf8');

const inUse = `
import type { MessagesOptions, WebSocketEmitter } from 'ohos-websocket';
import { messages, setAllowedDomains, toEmitter, webSocket } from 'ohos-websocket';
const ws = webSocket.createWebSocket();
const options: MessagesOptions = { highWaterMark: 4 };
export async function program(): Promise<void> {
  setAllowedDomains(['example.test']);
  for await (const message of messages(ws, options)) {
    const value: string | ArrayBuffer = message;
    await ws.send(value);
  }
  const emitter: WebSocketEmitter = toEmitter(ws);
  emitter.once('message', (value: string) => value);
}
`;

const kit = `
import { webSocket } from '@kit.NetworkKit';
import byDefault from '@ohos.net.webSocket';
import { BusinessError, AsyncCallback, Callback, ErrorCallback } from '@kit.BasicServicesKit';
import { BusinessError as SameError } from '@ohos.base';
let ws: webSocket.WebSocket = byDefault.createWebSocket();
let done: AsyncCallback<boolean> = (err: BusinessError, value: boolean) => {};
let failed: ErrorCallback = (err: SameError) => {};
let ended: Callback<void> = () => {};
ws.on('error', failed);
ws.on('dataEnd', ended);
ws.connect('ws://127.0.0.1/', done);
class Fake implements webSocket.WebSocket {
  connect(): any {}
  send(): any {}
  close(): any {}
  on(): void {}
  off(): void {}
}
ws = new Fake();
const literal: BusinessError = { name: 'Error', message: '', code: 200 };
const least: webSocket.TlsProtocol.TLS_V_1_2 = webSocket.TlsProtocol.TLS_V_1_2;
const server: () => webSocket.WebSocketServer = webSocket.createWebSocketServer;
import { http, VpnExtensionAbility } from '@kit.NetworkKit';
import { emitter, BatteryResponse } from '@kit.BasicServicesKit';
import { hilog } from '@kit.PerformanceAnalysisKit';
import { buffer, util, HashMap } from '@kit.ArkTS';
import log from '@ohos.hilog';
import sameUtil from '@ohos.util';
import sameBuffer from '@ohos.buffer';
hilog.info(0x0001, 'tag', '%{public}s', http.createHttp(), emitter);
log.error(0, 'tag', 'message');
const encoder: util.TextEncoder = sameUtil.TextEncoder.create();
const text: buffer.Buffer = sameBuffer.from(encoder.encodeInto('text').buffer);
ws.send(text.buffer);
const held: [VpnExtensionAbility, BatteryResponse, HashMap] = [literal, least, server];
hilog.info(0, text.toString('utf-8'), text.readInt8(0), held);
`;

const commonJs = `
import { webSocket, BusinessError } from 'ohos-websocket';
import api = require('ohos-websocket');
const ws: webSocket.WebSocket = api.webSocket.createWebSocket();
ws.on('error', (err: BusinessError) => void err.code);
`;

describe('the packed declarations', () => {
  let folder: string;

  before(async () => {
    folder = await consumer({
      'package.json': '{ "type": "module" }',
      'documented-api.ts': source('documented-api.ts'),
      'sdk-declarations.ts': source('sdk-declarations.ts'),
      'assert-type.ts': source('assert-type.ts'),
      'in-use.ts': inUse,
      'kit.ts': kit,
      'common.cts': commonJs,
      'signal.ts': `import { webSocket } from 'ohos-websocket';
        webSocket.createWebSocket().connect('ws://127.0.0.1/', { signal: AbortSignal.timeout(1000) });`,
      'emitter.ts': `import { on, once } from 'node:events';
        import { toEmitter, webSocket } from 'ohos-websocket';
        const emitter = toEmitter(webSocket.createWebSocket());
        export const pending = [once(emitter, 'message'), on(emitter, 'message')];`,
    });
  });

  /** Neither the DOM library nor Node's types, and every declaration is checked. */
  const bare = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2022'],
  };

  async function compile(files: string[], more: Record<string, unknown>): Promise<string> {
    const compilerOptions = { ...bare, types: [], noEmit: true, ...more };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    return new Promise((resolve) => {
      execFile(join(root, 'node_modules/.bin/tsc'), ['-p', folder], (_error, stdout) => resolve(stdout));
    });
  }

  const esm = ['documented-api.ts', 'sdk-declarations.ts', 'in-use.ts'];
  for (const module of ['nodenext', 'node16', 'node18', 'node20']) {
    it(`compile with module ${module}, without the DOM library, Node’s types and skipLibCheck`, async () => {
      assert.equal(await compile(esm, { module }), '');
    });
  }

  it('compile for a bundler', async () => {
    assert.equal(await compile(esm, { module: 'esnext', moduleResolution: 'bundler' }), '');
  });

  it('compile next to the DOM library, whose AbortSignal is one', async () => {
    const lib = ['es2022', 'dom'];
    assert.equal(await compile([...esm, 'signal.ts'], { module: 'nodenext', lib }), '');
  });

  it('compile next to Node’s types, with their AbortSignal and their events.once', async () => {
    const typeRoots = [join(root, 'node_modules/@types')];
    assert.equal(
      await compile([...esm, 'signal.ts', 'emitter.ts'], { module: 'nodenext', types: ['node'], typeRoots }),
      '',
    );
  });

  for (const module of ['nodenext', 'node20']) {
    it(`compile for require of a CommonJS file with module ${module}`, async () => {
      assert.equal(await compile(['common.cts'], { module }), '');
    });
  }

  it('give the platform’s module names with the paths of its README', async () => {
    assert.equal(await compile(['kit.ts'], { module: 'nodenext', paths }), '');
  });

  it('tell a wrong use', async () => {
    writeFileSync(
      join(folder, 'wrong.ts'),
      `import { webSocket } from 'ohos-websocket'; webSocket.createWebSocket().send(1);`,
    );
    assert.match(await compile(['wrong.ts'], { module: 'nodenext' }), /wrong\.ts.*error TS2345/);
  });
});
