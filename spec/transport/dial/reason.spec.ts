import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spell } from '../../../lib/protocol/sentence.js';
import { connectFailure, reason } from '../../../lib/transport/dial/reason.js';

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
    const failure = connectFailure('the server h:1', 'h', all);
    assert.equal(
      spell(failure.sentence),
      'could not connect to the server h:1: connection refused, nothing listens there; the network is unreachable',
    );
    assert.equal(failure.kind, 'tcp');
    assert.equal(failure.cause, all);
  });

  it('is a matter of permission when every address was denied', () => {
    const denied = new AggregateError([coded('EACCES'), coded('EPERM')]);
    assert.equal(connectFailure('the server h:1', 'h', denied).kind, 'permission');
    assert.equal(connectFailure('the server h:1', 'h', coded('ERR_ACCESS_DENIED')).kind, 'permission');
  });
});
