import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { businessError, parameterError } from '../lib/errors.js';

describe('businessError', () => {
  it('adds what happened to the message of the code, as a sentence', () => {
    assert.equal(businessError(2302999, 'the link is dead').message, 'Websocket other unknown error. The link is dead.');
    assert.equal(businessError(2302999).message, 'Websocket other unknown error.');
  });
});

describe('parameterError', () => {
  it('leaves the name of an argument or option as a program has to write it', () => {
    const { code, message } = parameterError('maxMessageSize must be a number, got a string.');
    assert.equal(code, 401);
    assert.equal(message, 'Parameter error. maxMessageSize must be a number, got a string.');
  });
});
