/** Clients of the DevTools protocol, with our class in the place of their `ws`, against Chromium. */
import assert from 'node:assert/strict';
import Module from 'node:module';
import { it } from 'node:test';
import { noChromium, startChromium } from './chromium.js';
import { type Library, Local, loader, unless } from './library.js';
import { NodeStyleWebSocket } from './node-style.js';

const { require, load } = loader('spec/interop/libraries');
const isInstalled = (await load('chrome-remote-interface')) !== undefined;
const skip = noChromium || unless(isInstalled);

/** Loads a package whose `require('ws')` gets another class. */
function withWebSocket(name: string, type: unknown): Library {
  const loading = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const { _load } = loading;
  for (const file of Object.keys(require.cache)) if (file.includes(`/${name}/`)) delete require.cache[file];
  loading._load = (request, ...rest) => (request === 'ws' ? type : _load.call(Module, request, ...rest));
  try {
    return require(name);
  } finally {
    loading._load = _load;
  }
}

it('chrome-remote-interface, which wants the events of ws', { skip, timeout: 60_000 }, async (t) => {
  const CDP = withWebSocket('chrome-remote-interface', NodeStyleWebSocket);
  const { port } = new URL(await startChromium(t));
  const client = await CDP({ port: Number(port), host: '127.0.0.1', local: true });
  const { result } = await client.Runtime.evaluate({ expression: '6 * 7' });
  assert.equal(result.value, 42);
  await client.close();
});

it('puppeteer-core, which wants the interface of browsers', { skip, timeout: 60_000 }, async (t) => {
  let count = 0;
  class Counted extends Local {
    constructor(...args: ConstructorParameters<typeof Local>) {
      super(...args);
      count++;
    }
  }
  const puppeteer = withWebSocket('puppeteer-core', { __esModule: true, default: Counted });
  const browser = await (puppeteer.default ?? puppeteer).connect({ browserWSEndpoint: await startChromium(t) });
  const page = await browser.newPage();
  await page.setContent('<h1>h\u00e9llo</h1>');
  assert.equal(await page.evaluate('document.querySelector("h1").textContent'), 'h\u00e9llo');
  assert.ok((await page.screenshot()).length > 1000);
  await browser.disconnect();
  assert.equal(count, 1);
});

it('playwright-core, which has a ws of its own in it', { skip, timeout: 60_000 }, async (t) => {
  let count = 0;
  class Counted extends NodeStyleWebSocket {
    constructor(...args: ConstructorParameters<typeof NodeStyleWebSocket>) {
      super(...args);
      count++;
    }
  }
  const folder = require.resolve('playwright-core/package.json').replace('package.json', '');
  const bundle = `${folder}lib/utilsBundle.js`;
  const real = require(bundle) as Record<PropertyKey, unknown>;
  require.cache[bundle]!.exports = Object.defineProperties(
    {},
    {
      ...Object.fromEntries(Object.keys(real).map((name) => [name, { get: () => real[name], enumerable: true }])),
      ws: { value: Counted, enumerable: true },
    },
  );
  const { chromium } = require('playwright-core') as Library;
  const browser = await chromium.connectOverCDP(await startChromium(t));
  const page = await (await browser.newContext()).newPage();
  await page.setContent('<h1>h\u00e9llo</h1>');
  assert.equal(await page.textContent('h1'), 'h\u00e9llo');
  await browser.close();
  assert.equal(count, 1);
});
