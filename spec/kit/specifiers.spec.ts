import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addKits, isPlatformName, registeredKit, resolveKit } from '../../lib/kit/specifiers.js';
import { root } from '../packed/package.js';

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};

describe('the platform’s module names', () => {
  for (const [name, file] of Object.entries({
    '@kit.NetworkKit': 'network-kit',
    '@ohos.net.webSocket': 'ohos-net-websocket',
    '@kit.BasicServicesKit': 'basic-services-kit',
    '@ohos.base': 'ohos-base',
    '@kit.PerformanceAnalysisKit': 'performance-analysis-kit',
    '@ohos.hilog': 'ohos-hilog',
    '@kit.ArkTS': 'ark-ts',
    '@ohos.util': 'ohos-util',
    '@ohos.buffer': 'ohos-buffer',
  })) {
    it(`${name} is a file, and an entry of the package for bundlers`, () => {
      const path = fileURLToPath(resolveKit(name));
      assert.ok(existsSync(path));
      assert.ok(path.endsWith(`${file}.js`));
      assert.ok(`./kit/${file}` in exports);
    });
  }

  it('are the same with the colon that compiled programs have', () => {
    assert.equal(resolveKit('@ohos:net.webSocket'), resolveKit('@ohos.net.webSocket'));
    assert.equal(resolveKit('@ohos:hilog'), resolveKit('@ohos.hilog'));
  });

  it('are told from names of packages', () => {
    for (const name of [
      '@kit.ArkUI',
      '@ohos.router',
      '@ohos:router',
      '@system.fetch',
      '@arkts.utils',
      '@hms.core.map',
    ]) {
      assert.ok(isPlatformName(name), name);
    }
    for (const name of ['@ohos/axios', '@kit/x', 'ohos-websocket', '@ohos', '@kitchen.sink', './@kit.X', '@kit.X/y']) {
      assert.ok(!isPlatformName(name), name);
    }
  });

  it('that are not here fail with a sentence: what is there, and how a program brings its own', () => {
    assert.throws(() => resolveKit('@ohos:router'), {
      code: 'ERR_MODULE_NOT_FOUND',
      message:
        '@ohos:router is not part of ohos-websocket, which has @kit.NetworkKit, @ohos.net.webSocket, ' +
        '@kit.BasicServicesKit, @ohos.base, @kit.PerformanceAnalysisKit, @ohos.hilog, @kit.ArkTS, @ohos.util, ' +
        "@ohos.buffer. Bring your own: registerKits({ '@ohos.router': './my-kit.mjs' }) from ohos-websocket/register, " +
        'in a file that is given to node --import before the program.',
    });
    assert.throws(() => resolveKit('@kit.toString'), { code: 'ERR_MODULE_NOT_FOUND' });
  });

  it('can be registered, in every form', () => {
    addKits({ '@ohos:router': 'file:///stubs/router.mjs' });
    assert.equal(registeredKit('@ohos.router'), 'file:///stubs/router.mjs');
    assert.equal(registeredKit('@ohos:router'), 'file:///stubs/router.mjs');
    assert.equal(registeredKit('@ohos.app'), undefined);
  });
});
