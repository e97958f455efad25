import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { JsonMembers } from '../../../lib/protocol/recording/json-members.js';
import type { JsonLine, Shape } from '../../../lib/protocol/recording/shapes.js';
import * as shapes from '../../../lib/protocol/recording/shapes.js';

function write<T>(shape: Shape<T>, value: T, line: JsonLine = {}): JsonLine {
  shape.write(line, 'it', value);
  return line;
}

function read<T>(shape: Shape<T>, line: JsonLine): T {
  const members = new JsonMembers(line, (expected, got) => new Error(`expected ${expected}, got ${got}`));
  return shape.read(members, 'it');
}

describe('shapes', () => {
  const direction = shapes.oneOf('sent', 'received');
  const pair = shapes.object<{ a: number; b: string | undefined }>({
    a: shapes.bound,
    b: shapes.optional(shapes.text),
  });
  const cases: [what: string, written: JsonLine, expected: JsonLine, back: unknown, value: unknown][] = [
    ['text', write(shapes.text, 'x'), { it: 'x' }, read(shapes.text, { it: 'x' }), 'x'],
    ['a number', write(shapes.number, -0.5), { it: -0.5 }, read(shapes.number, { it: -0.5 }), -0.5],
    ['a flag', write(shapes.flag, false), { it: false }, read(shapes.flag, { it: false }), false],
    ['Infinity', write(shapes.bound, Infinity), { it: null }, read(shapes.bound, { it: null }), Infinity],
    ['a bound', write(shapes.bound, 5), { it: 5 }, read(shapes.bound, { it: 5 }), 5],
    ['one of a few', write(direction, 'sent'), { it: 'sent' }, read(direction, { it: 'sent' }), 'sent'],
    ['strings', write(shapes.strings, ['x']), { it: ['x'] }, read(shapes.strings, { it: ['x'] }), ['x']],
    ['a text message', write(shapes.data, 'x'), { text: 'x' }, read(shapes.data, { text: 'x' }), 'x'],
    [
      'an object',
      write(pair, { a: Infinity, b: undefined }),
      { it: { a: null } },
      read(pair, { it: { a: 1 } }),
      { a: 1, b: undefined },
    ],
    ['nothing', write(shapes.optional(shapes.text), undefined), {}, read(shapes.optional(shapes.text), {}), undefined],
    [
      'options',
      write(shapes.options(), { a: undefined, b: 1 }),
      { it: { b: 1 } },
      read(shapes.options(), { it: { b: 1 } }),
      { b: 1 },
    ],
  ];
  for (const [what, written, expected, back, value] of cases) {
    it(`write and read ${what}`, () => {
      assert.deepEqual(written, expected);
      assert.deepEqual(back, value);
    });
  }

  it('write bytes in base64, and read them back', () => {
    const view = Buffer.from('-abc-').subarray(1, 4);
    assert.deepEqual(write(shapes.bytes, view), { it: 'YWJj' });
    assert.equal(Buffer.from(read(shapes.bytes, { it: 'YWJj' })).toString(), 'abc');
    assert.deepEqual(write(shapes.data, view), { binary: 'YWJj' });
    assert.equal(Buffer.from(read(shapes.data, { binary: 'YWJj' }) as Uint8Array).toString(), 'abc');
  });

  it('write the payload of control frames only', () => {
    assert.deepEqual(write(shapes.controlPayload, Buffer.from('abc'), { opcode: 9 }), { opcode: 9, it: 'YWJj' });
    assert.deepEqual(write(shapes.controlPayload, Buffer.from('abc'), { opcode: 1 }), { opcode: 1 });
    assert.equal(read(shapes.controlPayload, {}).length, 0);
  });

  it('refuse what is not one of a few', () => {
    assert.throws(() => read(direction, { it: 'in' }), { message: 'expected "sent" or "received" in "it", got "in"' });
  });

  it('keep members in the order of the table, whatever the order of the value', () => {
    const table = { b: shapes.number, a: shapes.number };
    assert.equal(JSON.stringify(shapes.writeMembers(table, { a: 1, b: 2 }, {})), '{"b":2,"a":1}');
  });
});
