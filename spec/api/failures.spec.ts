import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attemptError, callerError, isEvent, lossError } from '../../lib/api/failures.js';
import { Head } from '../../lib/protocol/http/head.js';
import { option, sentence } from '../../lib/protocol/sentence.js';
import type { ConnectionFailure } from '../../lib/transport/failure.js';
import type { SeenError } from './recorder.js';

const text = sentence`the option ${option('caPath')}: there is no such file: /x`;
const cause = new Error('ENOENT');

describe('a failure of a connection', () => {
  it('has a documented code by its kind', () => {
    const common = { sentence: text, status: 0, attempted: true };
    const failures: [ConnectionFailure, number][] = [
      [{ ...common, kind: 'file-missing', option: 'caPath' }, 2302002],
      [{ ...common, kind: 'file-unusable', option: 'caPath' }, 2302999],
      [{ ...common, kind: 'permission' }, 201],
      [{ ...common, kind: 'permission', option: 'caPath' }, 201],
      [{ ...common, kind: 'tcp' }, 2302999],
      [{ ...common, kind: 'timeout', limit: 'handshakeTimeout' }, 2302999],
    ];
    for (const [failure, code] of failures) assert.equal(callerError(failure).code, code, failure.kind);
  });

  it('is told in the words of the API, with its cause', () => {
    const failure = {
      kind: 'file-missing',
      option: 'caPath',
      sentence: text,
      status: 0,
      attempted: false,
      cause,
    } as const;
    const error = callerError(failure);
    assert.equal(
      error.message,
      'Websocket certificate file does not exist. The option caPath: there is no such file: /x.',
    );
    assert.equal(error.cause, cause);
    const event = attemptError(failure);
    assert.deepEqual([event.code, event.data, event.cause], [200, '0', cause]);
  });

  it('has the response of who refused', () => {
    const status = { version: '1.1', status: 403, message: 'Forbidden' };
    const refusal = {
      status,
      head: new Head('HTTP/1.1 403 Forbidden', [['X-Why', 'so']], 40),
      body: 'no',
      bytes: new Uint8Array(0),
    };
    const failure = { kind: 'refused', sentence: ['no'], status: 403, attempted: true, refusal } as const;
    const response = { status: 403, message: 'Forbidden', headers: { 'x-why': 'so' }, body: 'no' };
    assert.deepEqual(callerError(failure).response, response);
    assert.equal(attemptError(failure).data, '403');
    assert.deepEqual(attemptError(failure).response, response);
  });

  it('is an event unless it is about files that the options name, which nothing was attempted with', () => {
    const common = { sentence: text, status: 0 };
    const events: [ConnectionFailure, boolean][] = [
      [{ ...common, attempted: true, kind: 'tcp' }, true],
      [{ ...common, attempted: false, kind: 'unloadable' }, true],
      [{ ...common, attempted: false, kind: 'proxy' }, true],
      [{ ...common, attempted: false, kind: 'file-missing', option: 'caPath' }, false],
      [{ ...common, attempted: false, kind: 'file-unusable', option: 'caPath' }, false],
      [{ ...common, attempted: false, kind: 'permission', option: 'caPath' }, false],
      [{ ...common, attempted: true, kind: 'permission' }, true],
    ];
    for (const [failure, expected] of events) assert.equal(isEvent(failure), expected, failure.kind);
  });

  it('says of a connection that was open that it is lost, with no status', () => {
    const failure = { kind: 'lost', sentence: ['no pong within 1 s'], status: 101, attempted: true, cause } as const;
    const { code, data, message, cause: behind } = lossError(failure) as unknown as SeenError;
    assert.deepEqual(
      { code, data, message, behind },
      { code: 200, data: '0', message: 'Websocket connection lost. No pong within 1 s.', behind: cause },
    );
  });
});
