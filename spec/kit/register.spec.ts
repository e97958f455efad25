import assert from 'node:assert/strict';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { registerKits } from '../../lib/kit/register.js';
import { registeredKit } from '../../lib/kit/specifiers.js';
import { consumer } from '../packed/package.js';
import { type Ended, isNode, runNode } from '../packed/run-node.js';

/** Name of the platform, and what a program takes from it: names in braces, or the default. */
const taken = `
  @kit.NetworkKit             { webSocket, http, connection as net, Network }
  @ohos.net.webSocket         byDefault
  @ohos:net.webSocket         compiled
  @kit.BasicServicesKit       { BusinessError, AsyncCallback, Callback, ErrorCallback, emitter, BatteryResponse }
  @ohos.base                  { BusinessError as SameError, AsyncCallback as A, Callback as C, ErrorCallback as E }
  @kit.PerformanceAnalysisKit { hilog, hiTraceMeter }
  @ohos.hilog                 log
  @ohos:hilog                 compiledLog
  @kit.ArkTS                  { util, buffer, taskpool }
  @ohos.util                  sameUtil
  @ohos.buffer                sameBuffer
  ohos-websocket              { BusinessError as OwnError }`
  .trim()
  .split('\n')
  .map((line) => /^ *(\S+) +(.*)$/.exec(line)!.slice(1) as [name: string, names: string]);

const values = `
const check = (holds, what) => { if (!holds) throw new Error('not what it should be: ' + what); };
check(typeof webSocket.createWebSocket === 'function', 'webSocket');
check(byDefault === webSocket && compiled === webSocket, '@ohos.net.webSocket');
check(BusinessError === SameError && BusinessError === OwnError, 'BusinessError');
check(log === hilog && compiledLog === hilog && typeof hilog.info === 'function', 'hilog');
check(sameUtil === util && sameBuffer === buffer && buffer.from('a').length === 1, 'util and buffer');
const codes = [];
for (const use of [() => http.createHttp(), () => emitter.emit, () => new Network(), () => taskpool.execute(), () => hiTraceMeter.x])
  try { use(); } catch ({ code }) { codes.push(code); }
check(codes.join() === '801,801,801,801,801', 'placeholders: ' + codes);
console.log('as on the platform');
`;

const imported = `${taken.map(([name, names]) => `import ${names} from '${name}';`).join('\n')}\n${values}`;
const required = `${taken
  .map(([name, names]) => {
    const pattern = names.startsWith('{') ? names.replaceAll(' as ', ': ') : `{ default: ${names} }`;
    return `const ${pattern} = require('${name}');`;
  })
  .join('\n')}\n${values}`;

const expected = { status: 0, stdout: 'as on the platform\n', stderr: '' };
const hooksRequire = 'registerHooks' in nodeModule ? false : 'Node before 22.15 has no hook for require';
// What Node itself says about stripping types is not ours.
const stripsTypes = isNode(22, 18) ? false : 'this Node does not strip types';
const permission = isNode(22, 13) ? '--permission' : '--experimental-permission';

describe('node --import ohos-websocket/register', () => {
  let folder: string;

  before(async () => {
    folder = await consumer({
      'app.mjs': imported,
      'app.cjs': required,
      'app.mts': `${imported}
        let done: AsyncCallback<boolean> = (err: BusinessError, value: boolean) => {};
        let ended: Callback<void> = () => {}, failed: ErrorCallback = (err: BusinessError) => {};
        let battery: BatteryResponse | undefined;`,
      'worker.mjs': `import { Worker } from 'node:worker_threads'; new Worker(new URL('./app.mjs', import.meta.url));`,
      'registering.cjs': `require('ohos-websocket/register');${required}`,
      'other.mjs': `
        for (const name of ['@kit.ArkUI', '@ohos:router', '@system.app', '@ohos/axios', 'toString'])
          await import(name).catch((error) => console.log(error.code, error.message.slice(0, 44)));`,
      'other.cjs': `try { require('@kit.ArkUI'); } catch (error) { console.log(error.code, error.message.slice(0, 44)); }`,
    });
  });

  const run = (...args: string[]): Promise<Ended> => runNode(folder, ['--import', 'ohos-websocket/register', ...args]);

  it('lets a program import the platform’s modules', async () => {
    assert.deepEqual(await run('app.mjs'), expected);
  });

  it('reaches worker threads', async () => {
    assert.deepEqual(await run('worker.mjs'), expected);
  });

  it('lets a program require them', { skip: hooksRequire }, async () => {
    assert.deepEqual(await run('app.cjs'), expected);
  });

  it('may itself be required, on the command line or first in the program', { skip: hooksRequire }, async () => {
    assert.deepEqual(await runNode(folder, ['--require', 'ohos-websocket/register', 'app.cjs']), expected);
    assert.deepEqual(await runNode(folder, ['registering.cjs']), expected);
  });

  it('runs TypeScript as it is: the types among the imports are values as well', { skip: stripsTypes }, async () => {
    assert.deepEqual(await run('--disable-warning=ExperimentalWarning', 'app.mts'), expected);
  });

  it('works under the permission model, on Node before 22.15 with a thread for its hook', async () => {
    const flags = [permission, `--allow-fs-read=${folder}/`, ...(hooksRequire === false ? [] : ['--allow-worker'])];
    const { status, stdout } = await run(...flags, 'app.mjs');
    assert.deepEqual({ status, stdout }, { status: 0, stdout: expected.stdout });
  });

  it('says what is there for any other name of the platform, and leaves names of packages to Node', async () => {
    assert.deepEqual((await run('other.mjs')).stdout.split('\n'), [
      'ERR_MODULE_NOT_FOUND @kit.ArkUI is not part of ohos-websocket, wh',
      'ERR_MODULE_NOT_FOUND @ohos:router is not part of ohos-websocket, ',
      'ERR_MODULE_NOT_FOUND @system.app is not part of ohos-websocket, w',
      "ERR_MODULE_NOT_FOUND Cannot find package '@ohos/axios' imported f",
      "ERR_MODULE_NOT_FOUND Cannot find package 'toString' imported from",
      '',
    ]);
  });

  it('says so to require as well', { skip: hooksRequire }, async () => {
    assert.equal(
      (await run('other.cjs')).stdout,
      'ERR_MODULE_NOT_FOUND @kit.ArkUI is not part of ohos-websocket, wh\n',
    );
  });
});

describe('registerKits', () => {
  let folder: string;
  const use = (statement: (names: string, module: string) => string): string =>
    [
      statement('{ promptAction }', '@kit.ArkUI'),
      statement('{ http, webSocket }', '@kit.NetworkKit'),
      statement('{ router }', '@ohos:router'),
      `console.log(promptAction, http, typeof webSocket.createWebSocket, router);`,
    ].join('\n');

  before(async () => {
    folder = await consumer({
      'kits.mjs': `import { registerKits } from 'ohos-websocket/register';
        registerKits({ '@kit.ArkUI': './stubs/ark-ui.mjs', '@ohos.router': 'my-stubs' });
        registerKits({ '@kit.NetworkKit': './network.mjs' }, new URL('./stubs/', import.meta.url));`,
      'stubs/ark-ui.mjs': `export const promptAction = 'a prompt';`,
      'stubs/network.mjs': `export * from 'ohos-websocket/kit/network-kit'; export const http = 'my http';`,
      'node_modules/my-stubs/package.json': '{ "name": "my-stubs", "type": "module", "exports": "./index.js" }',
      'node_modules/my-stubs/index.js': `export const router = 'a router';`,
      'app.mjs': use((names, module) => `import ${names} from '${module}';`),
      'app.cjs': use((names, module) => `const ${names} = require('${module}');`),
    });
  });

  const expected = { status: 0, stdout: 'a prompt my http function a router\n', stderr: '' };

  it('has the program’s own modules stand for the platform’s, ours included, by import', async () => {
    assert.deepEqual(await runNode(folder, ['--import', './kits.mjs', 'app.mjs']), expected);
  });

  it('and by require', { skip: hooksRequire }, async () => {
    assert.deepEqual(await runNode(folder, ['--import', './kits.mjs', 'app.cjs']), expected);
  });

  it('takes paths relative to the working directory, unless it is given a base', () => {
    registerKits({ '@kit.One': './one.mjs', '@kit.Two': '/two.mjs', '@kit.Three': 'file:///three.mjs' });
    registerKits({ '@kit.Four': '../four.mjs' }, 'file:///base/program/main.mjs');
    assert.deepEqual(
      ['One', 'Two', 'Three', 'Four'].map((name) => registeredKit(`@kit.${name}`)),
      [
        pathToFileURL(join(process.cwd(), 'one.mjs')).href,
        'file:///two.mjs',
        'file:///three.mjs',
        'file:///base/four.mjs',
      ],
    );
  });

  it('takes the platform’s names only, and modules only', () => {
    assert.throws(() => registerKits({ 'left-pad': './x.mjs' }), {
      code: 401,
      message: /such as '@kit\.ArkUI'.*"left-pad"/,
    });
    for (const [given, message] of [
      [null, /got null/],
      [new Map(), /got a Map/],
      [{ '@kit.ArkUI': new URL('file:///x.mjs') }, /for @kit\.ArkUI, got a URL/],
      [{ '@kit.ArkUI': '' }, /for @kit\.ArkUI, got an empty string/],
    ] as const) {
      assert.throws(() => registerKits(given as unknown as Record<string, string>), { code: 401, message });
    }
    const wrong = { '@kit.ArkUI': undefined } as unknown as Record<string, string>;
    assert.throws(() => registerKits(wrong), { code: 401, message: /for @kit\.ArkUI, got undefined/ });
  });
});
