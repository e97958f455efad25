import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withDefaults } from '../../../lib/protocol/deflate/options.js';

const defaults = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
  threshold: 1024,
  level: 3,
};

describe('the options of permessage-deflate', () => {
  it('have defaults, also for those that are undefined', () => {
    assert.deepEqual(withDefaults({}), defaults);
    assert.deepEqual(withDefaults({ level: undefined, threshold: 7 }), { ...defaults, threshold: 7 });
  });

  it('are what was given', () => {
    const options = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 9,
      threshold: 0,
      level: 9,
    };
    assert.deepEqual(withDefaults(options), options);
  });
});
