import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { option, sentence, spell } from '../../lib/protocol/sentence.js';
import { FailureError, isPermissionDenied } from '../../lib/transport/failure.js';

describe('a sentence', () => {
  const text = sentence`the option ${option('caPath')}: got ${2} of ${sentence`${option('clientCert')} there`}`;

  it('has its options as data', () => {
    assert.deepEqual(text, [
      'the option ',
      { option: 'caPath' },
      ': got ',
      '2',
      ' of ',
      { option: 'clientCert' },
      ' there',
    ]);
  });

  it('names them as the plan does, or as its reader asks for', () => {
    assert.equal(spell(text), 'the option caPath: got 2 of clientCert there');
    assert.equal(
      spell(text, (name) => `--${name}`),
      'the option --caPath: got 2 of --clientCert there',
    );
  });

  it('is the message of the error that carries its failure up', () => {
    const cause = new Error('beneath');
    const error = new FailureError({
      kind: 'file-missing',
      option: 'caPath',
      sentence: text,
      status: 0,
      attempted: false,
      cause,
    });
    assert.equal(error.message, spell(text));
    assert.equal(error.cause, cause);
  });
});

describe('isPermissionDenied', () => {
  const coded = (code: string, cause?: unknown): Error => Object.assign(new Error(code, { cause }), { code });

  it('knows Node’s permission model and the system’s refusals, also as a cause', () => {
    for (const code of ['ERR_ACCESS_DENIED', 'EACCES', 'EPERM']) {
      assert.equal(isPermissionDenied(coded(code)), true);
      assert.equal(isPermissionDenied(new Error('outer', { cause: coded(code) })), true);
    }
    assert.equal(isPermissionDenied(Object.assign(new Error('Requires net access'), { name: 'NotCapable' })), true);
    for (const other of [coded('ECONNREFUSED'), new Error('x'), 'EACCES', undefined, null, { code: 'EACCES' }]) {
      assert.equal(isPermissionDenied(other), false);
    }
  });

  it('takes several attempts for refused when all of them were', () => {
    assert.equal(isPermissionDenied(new AggregateError([coded('EACCES'), coded('EPERM')])), true);
    assert.equal(isPermissionDenied(new AggregateError([coded('EACCES'), coded('ECONNREFUSED')])), false);
    assert.equal(isPermissionDenied(new AggregateError([])), false);
  });

  it('gives up on causes that go in circles', () => {
    const error = coded('x');
    error.cause = error;
    assert.equal(isPermissionDenied(error), false);
  });
});
