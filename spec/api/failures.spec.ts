import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callerError, eventError } from '../../lib/api/failures.js';
import { Head } from '../../lib/protocol/http/head.js';

const cause = new Error('ECONNREFUSED');

describe('a failure in the words of the API', () => {
  it('is the code and the sentence for the caller of connect', () => {
    const error = callerError({ code: 2302999, message: 'nothing listens there', status: 0, cause });
    assert.deepEqual(
      [error.code, error.message, error.cause],
      [2302999, 'Websocket other unknown error. Nothing listens there.', cause],
    );
    assert.equal('response' in error, false);
  });

  it('is code 200 with the status as a string for listeners of error', () => {
    const error = eventError({ code: 2302999, message: 'refused', status: 403, cause });
    assert.deepEqual([error.code, error.message], [200, 'Websocket connect failed. Refused.']);
    assert.equal(error.data, '403');
    assert.equal(error.cause, cause);
  });

  it('carries what the server answered, in both forms', () => {
    const head = new Head('HTTP/1.1 403 Forbidden', [['Set-Cookie', 'a=1']], 0);
    const status = { version: '1.1', status: 403, message: 'Forbidden' };
    const failure = {
      code: 2302999,
      message: 'refused',
      status: 403,
      refusal: { status, head, body: 'who are you?' },
    } as const;
    const response = { status: 403, message: 'Forbidden', headers: head.toHeaders(), body: 'who are you?' };
    assert.deepEqual(callerError(failure).response, response);
    assert.deepEqual(eventError(failure).response, response);
  });
});
