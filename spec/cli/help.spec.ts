import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commands } from '../../lib/cli/commands.js';
import { renderRows, wrapExample, wrapText } from '../../lib/cli/help.js';

describe('help', () => {
  it('fits 80 columns, for every command', async () => {
    for (const [name, { load }] of Object.entries(commands)) {
      const wide = (await load()).help.split('\n').filter((line) => line.length > 80);
      assert.deepEqual(wide, [], name);
    }
  });

  it('says of every option what it does, and shows an example of every command', async () => {
    for (const [name, { load }] of Object.entries(commands)) {
      const { help, text } = await load();
      assert.equal(text.name, name);
      for (const option of Object.keys(text.options)) assert.ok(help.includes(`--${option}`), `${name} --${option}`);
      assert.ok(
        text.examples.some((example) => example.includes(`ohos-websocket ${name}`)),
        name,
      );
    }
  });

  it('puts what is said of a long label below it', () => {
    const rows = [
      ['--a', 'short'],
      ['--a-long-label', 'below'],
    ] as const;
    assert.equal(renderRows(rows, 6), '  --a     short\n  --a-long-label\n          below');
  });

  it('breaks paragraphs anew, but leaves lines that begin with spaces apart, with their second column', () => {
    const word = 'word '.repeat(20).trim();
    const [first = '', second = ''] = wrapText(`${word}\nmore`).split('\n');
    assert.ok(first.length <= 80 && second.endsWith(' more'));
    assert.match(
      wrapText(`Two:\n  one   ${word}\n  two   b`),
      /^Two:\n {2}one {3}word[^\n]*\n {8}word[^\n]*\n {2}two {3}b$/,
    );
  });

  it('breaks a long example where a shell goes on, never inside quotes', () => {
    const long = `ohos-websocket connect ws://127.0.0.1:8080/ -x '${'a -b '.repeat(12)}' --count 10`;
    const lines = wrapExample(long).split(' \\\n      ');
    assert.equal(lines.map((line) => line.trim()).join(' '), long);
    assert.ok(lines.length > 1);
    assert.ok(lines.some((line) => line.includes(`'${'a -b '.repeat(12)}'`)));
  });
});
