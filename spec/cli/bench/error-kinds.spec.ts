import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endingErrorKind, openingErrorKind } from '../../../lib/cli/bench/error-kinds.js';
import type { ConnectionFailure } from '../../../lib/transport/failure.js';

function failure(kind: string, cause?: unknown, more: object = {}): ConnectionFailure {
  return { kind, sentence: ['…'], status: 0, attempted: true, cause, ...more } as ConnectionFailure;
}

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more });

describe('an error of a load has a kind', () => {
  it('when a connection could not be opened', () => {
    const refusal = { body: undefined };
    const cases: [ConnectionFailure, string][] = [
      [failure('refused', undefined, { status: 503, refusal }), 'status 503'],
      [failure('tcp', withCode('ECONNREFUSED')), 'refused'],
      [failure('tcp', new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')])), 'refused'],
      [failure('tcp', new Error('x', { cause: withCode('EMFILE') })), 'no free file descriptor'],
      [failure('tcp', withCode('EADDRNOTAVAIL')), 'no free port'],
      [failure('dns', withCode('ENOTFOUND')), 'dns'],
      [failure('lost', withCode('ECONNRESET')), 'reset while opening'],
      [failure('lost'), 'ended while opening'],
      [failure('timeout', undefined, { limit: 'handshakeTimeout' }), 'timeout while opening'],
      [failure('violation', undefined, { violation: { rule: { id: 'accept' } } }), 'violation of accept'],
    ];
    for (const [one, kind] of cases) assert.equal(openingErrorKind(one), kind);
  });

  it('when a connection that was open ended', () => {
    const ending = (code: number, why?: ConnectionFailure) => endingErrorKind({ code, reason: '', failure: why });
    assert.equal(ending(1000), 'closed with 1000');
    assert.equal(ending(1006, failure('lost', withCode('EPIPE'))), 'reset');
    assert.equal(ending(1006, failure('lost')), 'ended without a Close frame');
    assert.equal(ending(1006, failure('timeout', undefined, { limit: 'pongTimeout' })), 'no pong in time');
    assert.equal(
      ending(1002, failure('violation', undefined, { violation: { rule: { id: 'utf8' } } })),
      'violation of utf8',
    );
  });
});
