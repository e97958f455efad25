import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPerMessageDeflate } from '../../lib/protocol/permessage-deflate-options.js';

const defaults = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
  threshold: 1024,
  level: 3,
};

describe('the option perMessageDeflate', () => {
  it('true and an empty object mean the defaults', () => {
    assert.deepEqual(checkPerMessageDeflate(true), { options: defaults });
    assert.deepEqual(checkPerMessageDeflate({}), { options: defaults });
  });

  it('every option is taken over', () => {
    const options = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 9,
      threshold: 0,
      level: 9,
    };
    assert.deepEqual(checkPerMessageDeflate(options), { options });
  });

  it('undefined means the default, unknown names mean nothing', () => {
    const given = { level: undefined, threshold: 7, memLevel: 'x', __proto__: { unknown: 1 } };
    assert.deepEqual(checkPerMessageDeflate(given), { options: { ...defaults, threshold: 7 } });
  });

  it('a later change of the object changes nothing', () => {
    const given = { level: 1 };
    const checked = checkPerMessageDeflate(given);
    given.level = 99;
    assert.deepEqual(checked, { options: { ...defaults, level: 1 } });
    assert.ok('options' in checked && Object.isFrozen(checked.options));
  });

  for (const value of [null, 1, 'true', [], () => 0, Symbol('x')]) {
    it(`${String(Array.isArray(value) ? '[]' : value)} is neither a boolean nor an object`, () => {
      const problem = 'perMessageDeflate must be a boolean or an object of options.';
      assert.deepEqual(checkPerMessageDeflate(value), { problem });
    });
  }

  const wrong: readonly [name: string, values: readonly unknown[], demand: string][] = [
    ['serverNoContextTakeover', [0, 'true', null], 'a boolean'],
    ['clientNoContextTakeover', [1, {}], 'a boolean'],
    ['serverMaxWindowBits', [7, 16, 8.5, NaN, '15', true, null], 'an integer from 8 to 15'],
    ['clientMaxWindowBits', [7, 16, -8, Infinity, '8', false], 'an integer from 8 to 15'],
    ['threshold', [-1, 0.5, Infinity, NaN, '1024', null], 'an integer from 0'],
    ['level', [-1, 10, 1.5, '6', null], 'an integer from 0 to 9'],
  ];
  for (const [name, values, demand] of wrong) {
    it(`${name} is ${demand}`, () => {
      for (const value of values) {
        const checked = checkPerMessageDeflate({ [name]: value });
        assert.ok('problem' in checked, `${String(value)} was accepted`);
        assert.ok(checked.problem.startsWith(`perMessageDeflate.${name} must be ${demand}, got `), checked.problem);
      }
    });
  }
});
