import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkNoCallback,
  checkType,
  OptionReader,
  readGiven,
  splitArguments,
  typeName,
} from '../../lib/api/arguments.js';
import { BusinessError } from '../../lib/api/errors.js';

describe('splitArguments', () => {
  const callback = (): void => {};
  const other = (): void => {};

  it('takes the first function from the position on for the callback, and what is before it for the values', () => {
    assert.deepEqual(splitArguments(['url', callback], 1), { callback, values: ['url'] });
    assert.deepEqual(splitArguments(['url', {}, callback], 1), { callback, values: ['url', {}] });
    assert.deepEqual(splitArguments(['url', callback, other], 1), { callback, values: ['url'] });
    assert.deepEqual(splitArguments([other, callback], 1), { callback, values: [other] });
  });

  it('takes the only function for the callback wherever it stands', () => {
    assert.deepEqual(splitArguments([callback], 1), { callback, values: [] });
    assert.deepEqual(splitArguments([callback, {}], 1), { callback, values: [] });
  });

  it('leaves everything when there is no function', () => {
    assert.deepEqual(splitArguments(['url', 'x'], 1), { callback: undefined, values: ['url', 'x'] });
    assert.deepEqual(splitArguments([], 0), { callback: undefined, values: [] });
  });
});

describe('checkNoCallback', () => {
  it('refuses what stands where only a callback may', () => {
    checkNoCallback(undefined);
    assert.throws(() => checkNoCallback(null), { code: 401, message: /callback must be a function, got null/ });
  });
});

describe('readGiven', () => {
  it('passes results and errors of the API on, and makes 401 of what else is thrown', () => {
    const fail = (error: Error) => (): never => {
      throw error;
    };
    assert.equal(readGiven('options', String), '');
    const own = new BusinessError(2302001, 'x');
    const cause = new Error('thrown by a getter');
    assert.throws(() => readGiven('options', fail(own)), own);
    assert.throws(() => readGiven('options', fail(cause)), { code: 401, message: /^Parameter error\. options/, cause });
  });
});

describe('OptionReader', () => {
  const options = new OptionReader({ caPath: 'x', closeTimeout: 5, maxMessageSize: 1.5, protocol: undefined });

  it('takes an option of the type, and nothing for one that is undefined or not there', () => {
    assert.equal(options.take('caPath', 'string'), 'x');
    assert.equal(options.take('protocol', 'string'), undefined);
    assert.equal(options.take('header', 'object'), undefined);
    assert.equal(options.any('caPath'), 'x');
  });

  it('refuses another type with the name of the option', () => {
    assert.throws(() => options.take('caPath', 'boolean'), {
      code: 401,
      message: /caPath must be a boolean, got string/,
    });
  });

  it('takes numbers in their range, and the default for none', () => {
    assert.equal(options.number('closeTimeout', 1, { least: 0 }), 5);
    assert.equal(options.number('handshakeTimeout', 1, { least: 0 }), 1);
    assert.throws(() => options.number('closeTimeout', 1, { least: 6 }), { code: 401, message: /at least 6, got 5/ });
    assert.throws(() => options.number('maxMessageSize', 1, { least: 0, integer: true }), { message: /an integer/ });
  });
});

describe('checkType', () => {
  it('distinguishes objects from null and arrays', () => {
    assert.deepEqual(checkType({}, 'x', 'object'), {});
    for (const value of [null, []]) assert.throws(() => checkType(value, 'x', 'object'), { code: 401 });
  });
});

describe('typeName', () => {
  it('distinguishes null and arrays from other objects', () => {
    assert.deepEqual(
      [typeName(null), typeName([]), typeName({}), typeName(1)],
      ['null', 'an array', 'object', 'number'],
    );
  });

  it('names the class of an object, never what is in it', () => {
    class Secret {
      password = 'hunter2';
    }
    const given = [
      new URL('ws://h/'),
      new Blob([]),
      new ArrayBuffer(1),
      new Uint8Array(1),
      new Error('x'),
      new Secret(),
    ];
    const expected = ['a URL', 'a Blob', 'an ArrayBuffer', 'a Uint8Array', 'an Error', 'a Secret'];
    assert.deepEqual(given.map(typeName), expected);
    assert.equal(typeName(Object.create(null)), 'object');
    assert.equal(typeName(Object.create({ constructor: { name: 'hunter2 is secret' } })), 'object');
    const throwing = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('hunter2');
        },
      },
    );
    assert.equal(typeName(throwing), 'object');
  });
});
