/** What the tables of the pages say of options, events, errors and limits is what the code has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { errorMessages } from '../../lib/api/errors.js';
import { planConnect } from '../../lib/api/options.js';
import { withDefaults } from '../../lib/protocol/deflate/options.js';
import { root } from '../sources.js';
import { readEntryPoints } from './declarations.js';

const declared = readEntryPoints().find(({ specifier }) => specifier === 'ohos-websocket')!.exported;

const membersOf = (...names: readonly string[]): string[] =>
  names.flatMap((name) =>
    declared.find((one) => one.name === `webSocket.${name}`)!.members.map((member) => member.name),
  );

/** Rows of the table below a heading, as cells. */
function table(file: string, heading: string): string[][] {
  const text = readFileSync(join(root, file), 'utf8');
  const from = text.indexOf(`\n## ${heading}\n`);
  assert.notEqual(from, -1, `${file} has ${heading}`);
  const section = text.slice(from + 1).split(/\n## /)[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('|---'));
  return rows.slice(1).map((row) =>
    row
      .slice(2, -2)
      .split(/(?<!\\) \| /)
      .map((cell) => cell.trim()),
  );
}

const named = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

/** `30 000` is 30000, `100 MiB` its bytes. */
function numbersOf(cell: string): number[] {
  const plain = cell.replace(/(?<=\d)[  ](?=\d{3})/g, '');
  return [...plain.matchAll(/(\d+)( MiB| KiB)?/g)].map(
    ([, digits, unit]) => Number(digits) * (unit === ' MiB' ? 2 ** 20 : unit === ' KiB' ? 1024 : 1),
  );
}

const pages = ['README.md', 'lib/api/README.md'];

describe('the tables of the pages', () => {
  const options = membersOf('WebSocketRequestOptions', 'WebSocketClientOptions');

  for (const file of pages)
    it(`have every option of connect: ${file}`, () => {
      const rows = table(file, 'Options of `connect`');
      assert.deepEqual(rows.flatMap(([name]) => named(name!)).sort(), [...new Set(options)].sort());
    });

  for (const file of pages)
    it(`have the defaults of the code: ${file}`, () => {
      const { pingInterval, pongTimeout, handshakeTimeout, limits, dial } = planConnect('ws://localhost/', {});
      const url = (length: number): string => `ws://localhost/${'x'.repeat(length - 'ws://localhost/'.length)}`;
      const numeric: Readonly<Record<string, number>> = {
        pingInterval: pingInterval / 1000,
        pongTimeout: pongTimeout / 1000,
        handshakeTimeout,
        closeTimeout: limits.closeTimeout,
        maxMessageSize: limits.maxMessageSize,
      };
      for (const [name, given] of table(file, 'Options of `connect`')) {
        const names = named(name!);
        const told = numbersOf(given!);
        for (const [index, option] of names.entries()) {
          if (option === 'maxUrlLength') {
            planConnect(url(told[index]!), {});
            assert.throws(() => planConnect(url(told[index]! + 1), {}), { code: 2302001 });
          } else if (option in numeric) assert.equal(told[index], numeric[option], option);
        }
        if (names[0] === 'proxy') assert.equal(given, `\`'${String(dial.proxy)}'\``);
        if (names[0] === 'skipServerCertVerification')
          assert.equal(given, `\`${String(dial.tls.skipServerCertVerification)}\``);
      }
    });

  for (const file of pages)
    it(`have every event: ${file}`, () => {
      const source = readFileSync(join(root, 'lib/api/types.ts'), 'utf8');
      const listeners = /interface WebSocketListeners \{([^}]*)\}/.exec(source)![1]!;
      const events = [...listeners.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name!);
      assert.deepEqual(
        table(file, 'Events')
          .flatMap(([name]) => named(name!))
          .sort(),
        events.sort(),
      );
    });

  it('have every code of an error, with its text', () => {
    const codes: Readonly<Record<string, string>> = errorMessages;
    for (const [code, text] of table('lib/api/README.md', 'Errors')) {
      if (code === '200') continue; // of events: the two texts stand in rows of their own
      assert.equal(text, codes[code!], code);
    }
    const short = table('README.md', 'Errors').flatMap(([codes]) => codes!.split(', '));
    const long = table('lib/api/README.md', 'Errors').map(([code]) => code!);
    assert.deepEqual([...new Set(short)].sort(), [...new Set(long)].sort());
  });

  it('have the options of compression with their defaults', () => {
    const defaults = withDefaults({}) as unknown as Readonly<Record<string, unknown>>;
    const rows = table('lib/protocol/README.md', 'Compression');
    assert.deepEqual(rows.flatMap(([names]) => named(names!)).sort(), Object.keys(defaults).sort());
    for (const [names, given] of rows)
      for (const name of named(names!)) assert.equal(given!.replaceAll('`', ''), String(defaults[name]), name);
  });
});
