import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeJson, type Json, JsonMembers } from '../../../lib/protocol/recording/json-members.js';

function members(json: Json): JsonMembers {
  return new JsonMembers(json, (expected, got) => new Error(`expected ${expected}, got ${got}`));
}

describe('members of a JSON object', () => {
  it('are taken by their type', () => {
    const all = members({
      a: 'x',
      b: 1,
      c: false,
      d: { e: 2 },
      f: 'AAE=',
      g: ['x'],
      h: [1],
      i: [['Name', 'value']],
      j: null,
    });
    assert.deepEqual(
      [all.string('a'), all.number('b'), all.boolean('c'), all.json('d'), all.object('d').number('e')],
      ['x', 1, false, { e: 2 }, 2],
    );
    assert.deepEqual([...all.bytes('f')], [0, 1]);
    assert.deepEqual([all.strings('g'), all.numbers('h'), all.fields('i')], [['x'], [1], [['Name', 'value']]]);
    assert.deepEqual([all.has('a'), all.has('z'), all.isNull('j'), all.isNull('a')], [true, false, true, false]);
  });

  const wrong: [json: Json, take: (all: JsonMembers) => unknown, message: string][] = [
    [{}, (all) => all.string('a'), 'expected a string in "a", got nothing'],
    [{ a: 1 }, (all) => all.string('a'), 'expected a string in "a", got 1'],
    [{ a: '1' }, (all) => all.number('a'), 'expected a number in "a", got "1"'],
    [{ a: null }, (all) => all.boolean('a'), 'expected a boolean in "a", got null'],
    [{ a: [] }, (all) => all.object('a'), 'expected an object in "a", got []'],
    [{ a: { b: 1 } }, (all) => all.object('a').string('b'), 'expected a string in "a.b", got 1'],
    [{ a: 'A' }, (all) => all.bytes('a'), 'expected base64 in "a", got "A"'],
    [{ a: 'A A=' }, (all) => all.bytes('a'), 'expected base64 in "a", got "A A="'],
    [{ a: [1] }, (all) => all.strings('a'), 'expected a list of strings in "a", got [1]'],
    [{ a: ['1'] }, (all) => all.numbers('a'), 'expected a list of numbers in "a", got ["1"]'],
    [{ a: [['x']] }, (all) => all.fields('a'), 'expected a list of [name, value] in "a", got [["x"]]'],
  ];
  for (const [json, take, message] of wrong) {
    it(`that are wrong say how: ${message}`, () => {
      assert.throws(() => take(members(json)), { message });
    });
  }

  it('are described in few characters', () => {
    assert.equal(describeJson('x'.repeat(1000)).length, 61);
    assert.equal(describeJson(undefined), 'nothing');
    assert.equal(describeJson(undefined, 'an empty line'), 'an empty line');
  });
});
