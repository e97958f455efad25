import assert from 'node:assert/strict';
import * as nodeModule from 'node:module';
import { before, describe, it } from 'node:test';
import { consumer } from '../packed/package.js';
import { isNode, runNode } from '../packed/run-node.js';

const values = `
const fail = (what) => { throw new Error('not what it should be: ' + what); };
if (typeof webSocket.createWebSocket !== 'function') fail('webSocket');
if (byDefault !== webSocket || own !== webSocket) fail('@ohos.net.webSocket');
if (BusinessError !== SameError || BusinessError !== OwnError) fail('BusinessError');
console.log('as on the platform');
`;

const imported = `
import { webSocket } from '@kit.NetworkKit';
import byDefault from '@ohos.net.webSocket';
import { BusinessError, AsyncCallback, Callback, ErrorCallback } from '@kit.BasicServicesKit';
import { BusinessError as SameError, AsyncCallback as A, Callback as C, ErrorCallback as E } from '@ohos.base';
import own, { BusinessError as OwnError } from 'ohos-websocket';
${values}`;

const required = `
const { webSocket } = require('@kit.NetworkKit');
const { default: byDefault } = require('@ohos.net.webSocket');
const { BusinessError } = require('@kit.BasicServicesKit');
const { BusinessError: SameError } = require('@ohos.base');
const { default: own, BusinessError: OwnError } = require('ohos-websocket');
${values}`;

const expected = { status: 0, stdout: 'as on the platform\n', stderr: '' };
const hooksRequire = 'registerHooks' in nodeModule ? false : 'Node before 22.15 has no hook for require';
// What Node itself says about stripping types is not ours.
const stripsTypes = isNode(22, 18) ? false : 'this Node does not strip types';

describe('node --import ohos-websocket/register', () => {
  let folder: string;

  before(async () => {
    folder = await consumer({
      'app.mjs': imported,
      'app.cjs': required,
      'app.mts': `${imported}
        let done: AsyncCallback<boolean> = (err: BusinessError, value: boolean) => {};
        let ended: Callback<void> = () => {}, failed: ErrorCallback = (err: BusinessError) => {};`,
      'worker.mjs': `import { Worker } from 'node:worker_threads'; new Worker(new URL('./app.mjs', import.meta.url));`,
      'registering.cjs': `require('ohos-websocket/register');${required}`,
      'other.mjs': `await import('@kit.ArkUI').catch((error) => console.log(error.code));
        await import('toString').catch((error) => console.log(error.code));`,
    });
  });

  it('lets a program import the platform’s modules, which are the package’s own', async () => {
    assert.deepEqual(await runNode(folder, ['--import', 'ohos-websocket/register', 'app.mjs']), expected);
  });

  it('reaches worker threads', async () => {
    assert.deepEqual(await runNode(folder, ['--import', 'ohos-websocket/register', 'worker.mjs']), expected);
  });

  it('lets a program require them', { skip: hooksRequire }, async () => {
    assert.deepEqual(await runNode(folder, ['--import', 'ohos-websocket/register', 'app.cjs']), expected);
  });

  it('may itself be required, on the command line or first in the program', { skip: hooksRequire }, async () => {
    assert.deepEqual(await runNode(folder, ['--require', 'ohos-websocket/register', 'app.cjs']), expected);
    assert.deepEqual(await runNode(folder, ['registering.cjs']), expected);
  });

  it('runs TypeScript as it is: the types among the imports are values as well', { skip: stripsTypes }, async () => {
    const args = ['--disable-warning=ExperimentalWarning', '--import', 'ohos-websocket/register', 'app.mts'];
    assert.deepEqual(await runNode(folder, args), expected);
  });

  it('leaves every other name to Node', async () => {
    const { stdout } = await runNode(folder, ['--import', 'ohos-websocket/register', 'other.mjs']);
    // A scope without a name is no name of a package.
    assert.equal(stdout, 'ERR_INVALID_MODULE_SPECIFIER\nERR_MODULE_NOT_FOUND\n');
  });
});
