import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asksForLoad, loadOptions, readLoad, sizeOption } from '../../../lib/cli/bench/load-options.js';
import type { LoadPlan } from '../../../lib/cli/bench/load-plan.js';
import { readArguments, UsageError } from '../../../lib/cli/command.js';

const rows = { ...loadOptions, size: sizeOption };

async function read(...args: string[]): Promise<LoadPlan> {
  const { values } = readArguments(args, rows);
  return readLoad(values, { size: values.size, binary: false, inFlight: undefined });
}

describe('the options of a load', () => {
  it('make a load of any of them, and of a mix of sizes', () => {
    const asks = (...args: string[]): boolean => {
      const { values } = readArguments(args, rows);
      return asksForLoad(values, values.size);
    };
    for (const args of [['--rate', '5'], ['--connections', '1'], ['--receive'], ['--html', 'x'], ['--size', '1,2']])
      assert.ok(asks(...args), args.join(' '));
    assert.ok(!asks('--size', '5') && !asks());
  });

  it('have defaults: a closed model with one message in flight, or an open one without a limit', async () => {
    const closed = await read('--connections', '7');
    assert.deepEqual([closed.inFlight, closed.rate, closed.duration, closed.warmUp], [1, undefined, 10, 1]);
    assert.deepEqual([closed.reaction, closed.processes, closed.rampUp], ['echo', 1, 0]);
    assert.equal((await read('--rate', '7')).inFlight, 65536);
    assert.equal((await read('--compare', 'ws://h/', '--duration', '20', '--rounds', '8')).duration, 2.5);
  });

  it('say what the server does with messages', async () => {
    assert.equal((await read('--expect', '^ok')).reaction, 'answer');
    assert.equal((await read('--one-way')).reaction, 'nothing');
    assert.equal((await read('--receive')).reaction, 'feed');
  });

  it('read the messages of a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-load-'));
    const file = join(folder, 'messages');
    try {
      writeFileSync(file, 'a\nb\0c\0');
      assert.deepEqual((await read('--messages', file)).messages, {
        kind: 'texts',
        texts: ['a', 'b\0c\0'],
        binary: false,
      });
      assert.deepEqual((await read('--messages', file, '-0')).messages, {
        kind: 'texts',
        texts: ['a\nb', 'c'],
        binary: false,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    await assert.rejects(read('--messages', join(folder, 'none')), /cannot read --messages .*ENOENT/);
  });

  it('are refused when they do not go together', async () => {
    const wrong: [string[], RegExp][] = [
      [['--receive', '--rate', '5'], /--receive and --rate do not go together/],
      [['--one-way', '--expect', 'x'], /--one-way and --expect/],
      [['--receive', '--size', '5'], /--receive and --size/],
      [['--null'], /--null needs --messages/],
      [['--rounds', '5'], /--rounds needs --compare/],
      [['--processes', '3', '--connections', '2'], /--processes 3 needs as many connections/],
      [['--expect', '('], /--expect must be a regular expression/],
    ];
    for (const [args, message] of wrong) await assert.rejects(read(...args), message, args.join(' '));
    await assert.rejects(read('--null'), UsageError);
  });
});
