import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  choiceOption,
  defineCommand,
  flagOption,
  numberOption,
  quoteArgument,
  readArguments,
  readNumber,
  readSize,
  textOption,
  textOptions,
  UsageError,
} from '../../lib/cli/command.js';

const rows = {
  name: textOption('NAME', 'how it is called', { short: 'n' }),
  also: textOptions('NAME', 'other names'),
  size: numberOption('BYTES', 'of a message', { least: 0, most: 10, integer: true, otherwise: 3 }),
  most: numberOption('N', 'the most', { least: 0, most: 10, otherwise: undefined }, { group: 'Limits' }),
  quiet: flagOption(`says ${'nothing '.repeat(30)}at all`, { short: 'q' }),
};

const example = defineCommand({
  name: 'example',
  usage: '[options] FILE',
  about: 'Does nothing.',
  options: rows,
  notes: 'That is all.',
  exit: { 0: 'always', 1: 'never' },
  examples: ['ohos-websocket example FILE'],
  run: async ({ size }, positionals, { stdout }) => {
    if (positionals[0] === 'broken') throw new Error('a mistake of ours');
    if (positionals.length !== 1) throw new UsageError(`expected one FILE, got ${positionals.length}\u202e`);
    stdout.write(`${positionals[0]} ${size}`);
    return 7;
  },
});

async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    columns: 80,
    write: (text: string | Uint8Array): boolean => {
      written[name] += String(text);
      return true;
    },
  });
  const status = await example.run(args, { stdout: stream('stdout'), stderr: stream('stderr') });
  return { status, ...written };
}

describe('the options of a command', () => {
  it('are read row by row', () => {
    const args = ['-n', 'a', '--also', 'b', '--also=c', '--most', '2.5', '-q', 'file'];
    const { values, positionals } = readArguments(args, rows);
    assert.deepEqual(values, { name: 'a', also: ['b', 'c'], size: 3, most: 2.5, quiet: true });
    assert.deepEqual(positionals, ['file']);
  });

  it('have their defaults when none is given', () => {
    const values = { name: undefined, also: [], size: 3, most: undefined, quiet: false };
    assert.deepEqual(readArguments([], rows).values, values);
  });

  it('are checked: a number has its range', () => {
    const range = { least: 1, most: 10, integer: true };
    assert.equal(readNumber('--count', '3', range), 3);
    for (const text of ['', ' ', '0', '11', '2.5', 'x', 'Infinity']) {
      assert.throws(() => readNumber('--count', text, range), /--count must be an integer between 1 and 10/, text);
    }
  });

  it('take a value or none when it may have one', () => {
    const maybe = {
      form: 'maybe',
      placeholder: 'a|b',
      help: 'or none',
      read: (given: readonly string[]) => given,
    } as const;
    const read = (...args: string[]) => readArguments(args, { maybe, quiet: rows.quiet });
    assert.deepEqual(read().values.maybe, []);
    assert.deepEqual(read('--maybe', 'b'), { values: { maybe: [''], quiet: false }, positionals: ['b'] });
    assert.deepEqual(read('--maybe=b', '-q').values, { maybe: ['b'], quiet: true });
  });

  it('take one of some words', () => {
    const choice = { output: choiceOption(['raw', 'hex'], 'how', 'raw') };
    assert.equal(readArguments([], choice).values.output, 'raw');
    assert.equal(readArguments(['--output', 'hex'], choice).values.output, 'hex');
    assert.throws(
      () => readArguments(['--output', 'hx'], choice),
      /--output must be raw or hex, got "hx"; did you mean hex\?/,
    );
  });

  it('take sizes in bytes, KiB, MiB and GiB', () => {
    for (const [text, size] of [
      ['0', 0],
      ['1000', 1000],
      ['64K', 65536],
      ['1.5m', 1572864],
      ['2GiB', 2 ** 31],
    ] as const)
      assert.equal(readSize('--max-size', text), size, text);
    for (const text of ['', 'K', '-1', '1T', '1e3', ' 1'])
      assert.throws(() => readSize('--max-size', text), /--max-size must be a number of bytes/, text);
  });

  it('get what they lack before the command runs', async () => {
    const secret = {
      ...textOption('TEXT', 'a secret'),
      complete: async (given: string | undefined, values: object) => given ?? `asked, ${Object.keys(values)}`,
    };
    let got: unknown;
    const { help: _help, ...asking } = defineCommand({
      ...example.text,
      options: { secret },
      run: async (values) => {
        got = values.secret;
        return 0;
      },
    });
    await asking.run([]);
    assert.equal(got, 'asked, secret');
    await asking.run(['--secret', 'x']);
    assert.equal(got, 'x');
  });

  it('say what may have been meant by an unknown one, also in the words of other tools', () => {
    const more = { ...rows, user: textOption('NAME', 'who', { elsewhere: ['--login', '-u'] }) };
    const wrong: [string[], RegExp][] = [
      [['--sise', '3'], /^unknown option --sise; did you mean --size\?$/],
      [['--quite'], /^unknown option --quite; did you mean --quiet\?$/],
      [['--login=SECRET'], /^unknown option --login; did you mean --user\?$/],
      [['-u', 'me'], /^unknown option -u; did you mean --user\?$/],
      [['--toString'], /^unknown option --toString$/],
      [['-z'], /^unknown option -z$/],
      [['--size'], /^--size needs a value: --size BYTES$/],
      [['--size', '-3'], /^--size needs a value: --size BYTES; one that begins with "-" as --size=-…$/],
      [['-n'], /^-n needs a value: --name NAME$/],
      [['--quiet=yes'], /^--quiet takes no value$/],
    ];
    for (const [args, expected] of wrong)
      assert.throws(
        () => readArguments(args, more),
        (error: Error) => error instanceof UsageError && expected.test(error.message),
        args.join(' '),
      );
  });

  it('show no credentials in a message, wherever the URL was put', () => {
    assert.equal(quoteArgument('ws://me:SECRET@host/'), '"ws://host/"');
    for (const args of [
      ['--size', 'ws://me:SECRET@host/'],
      ['--quiet=ws://me:SECRET@host/'],
      ['--ws://me:SECRET@host/'],
      ['--nam=ws://me:SECRET@host/'],
    ]) {
      assert.throws(
        () => readArguments(args, rows),
        (error: Error) => error instanceof UsageError && !error.message.includes('SECRET'),
        args.join(' '),
      );
    }
  });
});

describe('a command', () => {
  it('runs with what was given, and returns its status', async () => {
    assert.deepEqual(await run('--size', '4', 'file'), { status: 7, stdout: 'file 4', stderr: '' });
  });

  it('says what is wrong with its usage, printable and where help is, with status 2', async () => {
    const { status, stdout, stderr } = await run();
    assert.equal(status, 2);
    assert.equal(stdout, '');
    const expected = 'ohos-websocket example: expected one FILE, got 0\\u202e\nTry: ohos-websocket example --help\n';
    assert.equal(stderr, expected);
    assert.match((await run('--nonsense')).stderr, /^ohos-websocket example: unknown option --nonsense\n/);
  });

  it('does not take its own mistakes for mistakes of usage', async () => {
    await assert.rejects(run('broken'), /a mistake of ours/);
  });

  it('prints its help wherever it is asked for it, whatever else is wrong', async () => {
    for (const args of [['--help'], ['-h'], ['--nonsense', '-h']]) {
      assert.deepEqual(await run(...args), { status: 0, stdout: example.help, stderr: '' });
    }
    assert.equal((await run('--', '-h')).stdout, '-h 3');
  });

  it('has a help made of its rows, in lines of at most 80 characters', () => {
    const { help } = example;
    assert.match(help, /^Usage: ohos-websocket example \[options\] FILE\n\nDoes nothing\.\n\nOptions:\n/);
    assert.match(help, /^ {2}-n, --name NAME {3}how it is called$/m);
    assert.match(help, /^ {6}--size BYTES {2}of a message \(default: 3\)$/m);
    assert.match(help, /^ {2}-h, --help {8}print this$/m);
    assert.match(help, /\n\nLimits:\n {6}--most N {6}the most\n\nThat is all\.\n\nExit status:\n {2}0 {4}always\n/);
    assert.match(help, /\n {2}2 {4}wrong usage\n\nExamples:\n {2}ohos-websocket example FILE\n$/);
    assert.ok(help.split('\n').every((line) => line.length <= 80));
    assert.match(help, /nothing\n {20}nothing/);
  });
});
