import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { command } from './command.js';

const manifestPath = new URL('../../../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as { version: string };
const commands = ['connect', 'audit', 'bench', 'replay', 'echo-server', 'demo', 'completion', 'manual'];

describe('the command', { timeout: 60_000 }, () => {
  it('prints its help and its version on stdout', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { status, stdout, stderr } = await command(args);
      assert.match(stdout, /^Usage: ohos-websocket COMMAND/);
      for (const name of commands) assert.ok(stdout.includes(`  ${name} `), name);
      assert.equal(stderr, '');
      assert.equal(status, 0);
    }
    assert.equal((await command(['--version'])).stdout, `${manifest.version}\n`);
  });

  it('prints the help of each command, with examples, either way it is asked for', async () => {
    for (const name of commands) {
      const { status, stdout } = await command([name, '--help']);
      assert.match(stdout, new RegExp(`^Usage: ohos-websocket ${name}`));
      assert.match(stdout, new RegExp(`Examples?:[^]*ohos-websocket ${name}`));
      assert.match(stdout, /[^\n]\n$/);
      assert.equal(status, 0);
      assert.equal((await command(['help', name])).stdout, stdout);
    }
  });

  it('says with status 2 what it expected, and what may have been meant', async () => {
    const wrong: [string[], RegExp][] = [
      [[], /^Usage: /],
      [['conect'], /expected one of connect, .*got "conect"\.\nDid you mean: ohos-websocket connect\n/],
      [['--connect'], /got "--connect"\.\nDid you mean: ohos-websocket connect\n/],
      [['--listen'], /Did you mean: ohos-websocket echo-server\n/],
      [['example.com/ws'], /Did you mean: ohos-websocket connect URL\n/],
      [['toString'], /got "toString"\.\nTry: ohos-websocket --help\n/],
      [['ws://me:SECRET@host/'], /got "ws:\/\/host\/"\.\nDid you mean: ohos-websocket connect URL\n/],
      [['help', 'nothing'], /got "nothing"/],
    ];
    for (const [args, expected] of wrong) {
      const { status, stdout, stderr } = await command(args);
      assert.equal(status, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, expected);
    }
  });
});
