import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, it } from 'node:test';
import { variable } from '../../lib/transport/environment.js';

describe('a variable of the environment', () => {
  it('is what it says, or undefined', () => {
    assert.equal(variable('PATH'), process.env['PATH']);
    assert.equal(variable('X', { X: '1' }), '1');
    assert.equal(variable('Y', { X: '1' }), undefined);
  });

  it('says nothing when it may not be read', () => {
    const denied = new Proxy(
      {},
      {
        get: () => {
          throw Object.assign(new Error('Requires env access'), { name: 'NotCapable' });
        },
      },
    );
    assert.equal(variable('X', denied), undefined);
  });
});
