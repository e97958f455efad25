import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { commands } from '../../lib/cli/commands.js';
import { renderManual } from '../../lib/cli/manual.js';
import { command } from './command.js';

const page = new URL('../../../dist/man/ohos-websocket.1', import.meta.url);
const groff = spawnSync('groff', ['--version']).error === undefined ? false : 'groff is not installed';

describe('the man page', () => {
  it('is in the package as the commands make it now', async () => {
    assert.ok(existsSync(page), 'make build writes it');
    assert.equal(readFileSync(page, 'utf8'), await renderManual(commands));
    assert.equal((await command(['manual'])).stdout, await renderManual(commands));
  });

  it('is ASCII, without a request that is none', async () => {
    const text = await renderManual(commands);
    assert.match(text, /^[\n -~]*$/);
    for (const line of text.split('\n')) if (/^[.']/.test(line)) assert.match(line, /^\.(TH|SH|SS|TP|PP|B|br|nf|fi)\b/);
  });

  it('reads without a complaint, and has every option of every command', { skip: groff }, async () => {
    const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-c'], {
      input: await renderManual(commands),
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const shown = stdout.replace(/.\x08/g, '').replace(/\u2010\n\s*/g, '');
    for (const [name, { load }] of Object.entries(commands)) {
      for (const option of Object.keys((await load()).text.options))
        assert.ok(shown.includes(`--${option}`), `${name} --${option}`);
    }
    assert.match(shown, /ohos-websocket connect wss:\/\/example\.com\/ws/);
  });

  it('is what the installed package gives to man', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      man?: string;
    };
    assert.equal(manifest.man, 'dist/man/ohos-websocket.1');
  });
});
