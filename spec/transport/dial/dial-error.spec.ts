import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectError, reason } from '../../../lib/transport/dial/dial-error.js';

const coded = (code: string, more = {}): Error => Object.assign(new Error(''), { code, ...more });

describe('a failed connection', () => {
  it('says what a DNS error means', () => {
    const lookup = { syscall: 'getaddrinfo' };
    assert.equal(
      reason(coded('ENOTFOUND', lookup), 'h.test'),
      'the host name h.test could not be resolved (ENOTFOUND)',
    );
    assert.equal(
      reason(coded('EAI_AGAIN', lookup), 'h.test'),
      'the name server did not answer the question for h.test',
    );
  });

  it('says what an error of the system means, or at least its name', () => {
    assert.equal(reason(coded('ETIMEDOUT'), 'h'), 'no answer');
    assert.equal(reason(coded('EHOSTUNREACH'), 'h'), 'there is no route to the host');
    assert.equal(reason(coded('EMFILE'), 'h'), 'EMFILE');
    assert.equal(reason(new Error('as it says'), 'h'), 'as it says');
  });

  it('names every different reason once when all addresses of a host failed (happy eyeballs)', () => {
    const errors = [coded('ECONNREFUSED'), coded('ENETUNREACH'), coded('ECONNREFUSED')];
    const all = Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });
    const error = connectError('the server h:1', 'h', all);
    assert.equal(
      error.message,
      'could not connect to the server h:1: connection refused, nothing listens there; the network is unreachable',
    );
    assert.equal(error.code, 2302999);
    assert.equal(error.cause, all);
  });

  it('is 201 when every address was denied', () => {
    const denied = new AggregateError([coded('EACCES'), coded('EPERM')]);
    assert.equal(connectError('the server h:1', 'h', denied).code, 201);
    assert.equal(connectError('the server h:1', 'h', coded('ERR_ACCESS_DENIED')).code, 201);
  });
});
