import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { commands } from '../../../lib/cli/commands.js';
import { completionCommand } from '../../../lib/cli/completion/command.js';
import { command } from '../command.js';

const missing = (shell: string): false | string =>
  spawnSync(shell, ['--version']).error === undefined ? false : `${shell} is not installed`;

async function script(shell: string): Promise<string> {
  let printed = '';
  const write = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  const stream = { isTTY: false, columns: 80, write };
  assert.equal(await completionCommand(commands).run([shell], { stdout: stream, stderr: stream }), 0);
  return printed;
}

function run(shell: string, args: readonly string[], input: string): string {
  const { stdout, stderr, status } = spawnSync(shell, args, { input, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout;
}

/** What bash would offer for these words, the last of them unfinished. */
async function bash(...words: string[]): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(' ');
  const input = `compopt() { :; }\n${await script('bash')}\nCOMP_WORDS=(${list}) COMP_CWORD=${words.length - 1}\n_ohos_websocket\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`;
  return run('bash', ['--norc'], input)
    .split('\n')
    .filter((line) => line !== '');
}

describe('completion', () => {
  it('knows every option of every command, in every shell', async () => {
    for (const [shell, form] of [
      ['bash', '--'],
      ['zsh', '--'],
      ['fish', '-l '],
    ] as const) {
      const text = await script(shell);
      for (const { load } of Object.values(commands))
        for (const option of Object.keys((await load()).text.options))
          assert.match(text, new RegExp(`${form}${option}\\b`), `${shell} ${option}`);
    }
  });

  it('complains about a shell that it does not know', async () => {
    const { status, stderr } = await command(['completion', 'fihs']);
    assert.equal(status, 2);
    assert.match(stderr, /the shell must be bash, zsh or fish, got "fihs"; did you mean fish\?/);
    assert.equal((await command(['completion'])).status, 2);
  });

  it('completes commands, options, words and files in bash', { skip: missing('bash') }, async () => {
    assert.deepEqual(await bash('ohos-websocket', 'con'), ['connect']);
    assert.deepEqual(await bash('ohos-websocket', 'help', 'ec'), ['echo-server']);
    assert.deepEqual(await bash('ohos-websocket', 'connect', '--coun'), ['--count']);
    assert.deepEqual(await bash('ohos-websocket', 'completion', 'f'), ['fish']);
    assert.deepEqual(
      await bash('ohos-websocket', 'connect', '--ca', '/etc/host').then((found) => found.includes('/etc/hosts')),
      true,
    );
    assert.deepEqual(
      await bash('ohos-websocket', 'connect', '--ca', '=', '/etc/passw').then((found) => found.includes('/etc/passwd')),
      true,
    );
    assert.deepEqual(await bash('ohos-websocket', 'connect', 'ws'), []);
  });

  it('completes in fish', { skip: missing('fish') }, async () => {
    const offer = async (line: string): Promise<string[]> =>
      run('fish', ['--no-config', '-c', `${await script('fish')}\ncomplete -C '${line}'\n`], '')
        .split('\n')
        .map((found) => found.split('\t')[0]!);
    assert.ok((await offer('ohos-websocket con')).includes('connect'));
    assert.ok((await offer('ohos-websocket connect --coun')).includes('--count'));
    assert.ok((await offer('ohos-websocket completion f')).includes('fish'));
    assert.ok((await offer('ohos-websocket connect --ca /etc/host')).includes('/etc/hosts'));
  });

  it('is a script that zsh reads', { skip: missing('zsh') }, async () => {
    run('zsh', ['-f', '-n'], await script('zsh'));
    run('zsh', ['-f'], `autoload -U compinit\ncompinit -u -D\n${await script('zsh')}`);
  });
});
