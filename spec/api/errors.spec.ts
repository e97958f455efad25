import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BusinessError,
  businessError,
  errorEvent,
  errorMessages,
  type FailedResponse,
  parameterError,
} from '../../lib/api/errors.js';

const response: FailedResponse = {
  status: 401,
  message: 'Unauthorized',
  headers: { 'set-cookie': ['a=1'] },
  body: 'who?',
};

describe('the table of codes', () => {
  it('is the document’s, word by word, and the platform’s newer ones of servers', () => {
    assert.deepEqual(errorMessages, {
      200: 'Websocket connect failed.',
      201: 'Permission denied.',
      401: 'Parameter error.',
      801: 'Capability not supported.',
      2302001: 'Websocket url error.',
      2302002: 'Websocket certificate file does not exist.',
      2302003: 'Websocket connection already exists.',
      2302004: "Can't listen on the given NIC.",
      2302005: "Can't listen on the given Port.",
      2302006: 'Websocket connection does not exist.',
      2302007: 'Websocket port already occupied.',
      2302998: 'It is not allowed to access this domain.',
      2302999: 'Websocket other unknown error.',
    });
  });
});

describe('BusinessError', () => {
  it('is an Error with a numeric code', () => {
    const error = new BusinessError(2302999, 'no');
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.code, error.message], ['BusinessError', 2302999, 'no']);
    assert.match(String(error.stack), /BusinessError: no\n.*errors\.spec/);
  });

  it('shows code, message and data in JSON, and neither cause nor response, which may be private', () => {
    const error = new BusinessError<string>(200, 'failed', { data: '401', cause: new Error('x'), response });
    assert.equal(JSON.stringify(error), '{"code":200,"message":"failed","data":"401"}');
    assert.equal(JSON.stringify(new BusinessError(401, 'x')), '{"code":401,"message":"x"}');
    assert.deepEqual(Object.keys(error).sort(), ['code', 'data', 'name']);
  });

  it('has cause, data and response only when there are any', () => {
    const bare = new BusinessError(401, 'x', { cause: undefined, response: undefined });
    for (const name of ['cause', 'data', 'response']) assert.equal(name in bare, false, name);
    const cause = new Error('x');
    const full = new BusinessError<number>(200, 'x', { cause, data: 0, response });
    assert.deepEqual([full.cause, full.data, full.response], [cause, 0, response]);
  });
});

describe('businessError', () => {
  it('adds what happened to the message of the code, as a sentence', () => {
    assert.equal(
      businessError(2302999, 'the link is dead').message,
      'Websocket other unknown error. The link is dead.',
    );
    assert.equal(businessError(2302999, 'is it?').message, 'Websocket other unknown error. Is it?');
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

describe('errorEvent', () => {
  it('has code 200 and the status as a string', () => {
    const { code, data, message } = errorEvent(403, 'refused');
    assert.deepEqual([code, data, message], [200, '403', 'Websocket connect failed. Refused.']);
    assert.equal(errorEvent(0, 'x').data, '0');
  });

  it('says of a connection that was open that it is lost', () => {
    const { code, data, message } = errorEvent(undefined, 'no pong within 1 s');
    assert.deepEqual([code, data, message], [200, '0', 'Websocket connection lost. No pong within 1 s.']);
  });
});
