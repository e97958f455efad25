import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { option, sentence, spell } from '../../lib/protocol/sentence.js';

describe('a sentence', () => {
  const inner = sentence`${option('clientCert')} is there`;
  const whole = sentence`${option('caPath')}: ${2} files, and ${inner}`;

  it('holds its options as data', () => {
    assert.deepEqual(whole, [{ option: 'caPath' }, ': ', '2', ' files, and ', { option: 'clientCert' }, ' is there']);
  });

  it('is spelt with the names of a plan, unless whoever shows it has others', () => {
    assert.equal(spell(whole), 'caPath: 2 files, and clientCert is there');
    assert.equal(
      spell(whole, (name) => `--${name.length}`),
      '--6: 2 files, and --10 is there',
    );
  });
});
