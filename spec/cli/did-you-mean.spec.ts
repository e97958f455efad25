import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editDistance, nearest } from '../../lib/cli/did-you-mean.js';

describe('what may have been meant', () => {
  const known = ['connect', 'audit', 'bench', 'header', 'header-file', 'no-proxy', 'key'];

  it('is the nearest of the known words: a letter more, less, changed or out of place', () => {
    for (const typed of ['conect', 'connnect', 'cobnect', 'conenct', 'CONNECT', 'connect-'])
      assert.deepEqual(nearest(typed, known), ['connect'], typed);
    assert.deepEqual(nearest('noproxy', known), ['no-proxy']);
    assert.deepEqual(nearest('kay', known), ['key']);
  });

  it('is what begins so', () => {
    assert.deepEqual(nearest('conn', known), ['connect']);
    assert.deepEqual(nearest('head', known), ['header', 'header-file']);
  });

  it('is nothing when nothing is near', () => {
    for (const typed of ['toString', 'x', '', 'websocket']) assert.deepEqual(nearest(typed, known), [], typed);
  });

  it('counts the edits', () => {
    const pairs = [
      ['', '', 0],
      ['a', '', 1],
      ['', 'abc', 3],
      ['abc', 'abc', 0],
      ['ab', 'ba', 1],
      ['kitten', 'sitting', 3],
    ] as const;
    for (const [a, b, distance] of pairs) assert.equal(editDistance(a, b), distance, `${a} ${b}`);
  });
});
