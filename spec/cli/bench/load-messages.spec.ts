import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import {
  describeMessages,
  LoadMessages,
  labelIn,
  readSizes,
  splitMessages,
} from '../../../lib/cli/bench/load-messages.js';
import { UsageError } from '../../../lib/cli/command.js';

describe('sizes of messages', () => {
  it('are bytes, KiB or MiB, each with a weight', () => {
    assert.deepEqual(readSizes('16,1024:3,64k, 1M:0002 ', '--size'), [
      { size: 16, weight: 1 },
      { size: 1024, weight: 3 },
      { size: 65536, weight: 1 },
      { size: 1048576, weight: 2 },
    ]);
  });

  it('are refused when they are none', () => {
    for (const text of ['', '16,', '16:', 'x', '1.5', '-1', '65m', '1:0', '1:x', '16 32']) {
      assert.throws(() => readSizes(text, '--size'), UsageError, text);
    }
  });

  it('come as often as their weights say', () => {
    const sizes = readSizes('16,100:3,64k', '--size');
    const messages = new LoadMessages({ kind: 'sizes', sizes, binary: false });
    const counts = new Map<number, number>();
    for (let number = 0; number < 500; number++) {
      const { data, size } = messages.next(0);
      assert.equal(Buffer.byteLength(data), size);
      counts.set(size, (counts.get(size) ?? 0) + 1);
    }
    assert.deepEqual(
      [...counts].sort(),
      [
        [100, 300],
        [16, 100],
        [65536, 100],
      ].sort(),
    );
  });
});

describe('messages of our own', () => {
  it('are told apart by what they begin with, when they have 16 bytes', () => {
    for (const binary of [false, true]) {
      const messages = new LoadMessages({ kind: 'sizes', sizes: readSizes('16,40', '--size'), binary });
      const seen = new Set<string>();
      for (const connection of [0, 1, 35, 1_000_000]) {
        for (let number = 0; number < 4; number++) {
          const { data, label } = messages.next(connection);
          assert.equal(labelIn(data, connection), label);
          assert.equal(labelIn(data, connection + 1), undefined);
          assert.equal(typeof data, binary ? 'object' : 'string');
          seen.add(label);
        }
      }
      assert.equal(seen.size, 16);
    }
    const { data, label } = new LoadMessages({ kind: 'sizes', sizes: readSizes('15', '--size'), binary: false }).next(
      1,
    );
    assert.deepEqual([label, labelIn(data, 1)], ['', undefined]);
  });

  it('compress like text, not like nothing and not like noise', () => {
    const { data } = new LoadMessages({ kind: 'sizes', sizes: readSizes('4096', '--size'), binary: false }).next(0);
    const share = deflateRawSync(data).length / 4096;
    assert.ok(share > 0.2 && share < 0.6, `${share}`);
  });
});

describe('messages of a file', () => {
  const split = (text: string, byNul = false): readonly string[] =>
    splitMessages(Buffer.from(text), byNul, '--messages');

  it('are its lines, whatever ends them', () => {
    assert.deepEqual(split('\ufeffa b\r\n\n{"x":1}\nlast'), ['a b', '{"x":1}', 'last']);
  });

  it('are the values of its lines when all are JSON strings', () => {
    assert.deepEqual(split('"two\\nlines"\n"é\\u0000"\n'), ['two\nlines', 'é\0']);
    assert.deepEqual(split('"a"\nb\n'), ['"a"', 'b']);
    assert.deepEqual(split('["a"]\n'), ['["a"]']);
  });

  it('are between NULs when they are said to be', () => {
    assert.deepEqual(split('two\nlines\0"x"\0', true), ['two\nlines', '"x"']);
  });

  it('are refused when there are none, or they are not UTF-8', () => {
    assert.throws(() => split('\n\n'), /has no messages/);
    assert.throws(() => splitMessages(Buffer.from([0xff, 0x0a]), false, '--messages'), /must be a file in UTF-8/);
  });

  it('are sent in turn on each connection, which begin at different ones', () => {
    for (const binary of [false, true]) {
      const messages = new LoadMessages({ kind: 'texts', texts: ['a', 'b', 'é'], binary });
      const next = (connection: number): string => messages.next(connection).data.toString();
      assert.deepEqual([next(0), next(1), next(0), next(1), next(0), next(0)], ['a', 'b', 'b', 'é', 'é', 'a']);
      assert.equal(messages.next(2).size, 2);
    }
  });
});

it('messages are described for people', () => {
  const sizes = readSizes('16,1024:3', '--size');
  assert.equal(
    describeMessages({ kind: 'sizes', sizes, binary: false }),
    'text messages of 16 (25 %), 1024 (75 %) bytes',
  );
  assert.equal(
    describeMessages({ kind: 'sizes', sizes: readSizes('9', '--size'), binary: true }),
    'binary messages of 9 bytes',
  );
  assert.equal(describeMessages({ kind: 'texts', texts: ['a'], binary: false }), '1 text message of a file, in turn');
});
