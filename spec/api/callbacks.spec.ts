import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Completion, callUser } from '../../lib/api/callbacks.js';
import { BusinessError } from '../../lib/api/errors.js';
import { runProgram } from './program.js';

const library = JSON.stringify(new URL('../../lib/api/callbacks.js', import.meta.url).href);

describe('callUser', () => {
  it('passes the arguments on', () => {
    let seen: unknown[] = [];
    callUser((...args: unknown[]) => (seen = args), 1, 'two');
    assert.deepEqual(seen, [1, 'two']);
  });

  it('returns when the function throws; the exception is uncaught on a later tick', async () => {
    const { stdout, status } = await runProgram(
      `const { callUser } = await import(${library});
       process.on('uncaughtException', (error) => console.log('caught', error));
       callUser(() => { throw 'one'; });
       callUser(() => { throw 'two'; });
       console.log('goes on');`,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: 'goes on\ncaught one\ncaught two\n' });
  });
});

describe('Completion', () => {
  const error = new BusinessError(401, 'no');

  it('calls the callback, and has no promise then', () => {
    const seen: unknown[] = [];
    const completion = (): Completion => new Completion((...outcome) => seen.push(outcome));
    assert.equal(completion().promise, undefined);
    completion().succeed();
    completion().fail(error);
    assert.deepEqual(seen, [
      [undefined, true],
      [error, false],
    ]);
  });

  it('settles the promise of a caller without a callback', async () => {
    const [one, other] = [new Completion(undefined), new Completion(undefined)];
    one.succeed();
    other.fail(error);
    assert.equal(await one.promise, true);
    await assert.rejects(other.promise!, error);
  });

  it('fails later, not before the call has returned', async () => {
    const seen: unknown[] = [];
    new Completion((failure) => seen.push(failure)).failLater(error);
    assert.deepEqual(seen, []);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, [error]);
  });

  it('ends the process by a rejection that nobody handles, unless it may be ignored', async () => {
    const program = (ignored: string): string =>
      `const { Completion } = await import(${library});
       new Completion(undefined)${ignored}.fail(new BusinessError(401, 'no'));`;
    const [fatal, ignored] = await Promise.all([runProgram(program('')), runProgram(program('.mayBeIgnored()'))]);
    assert.deepEqual([fatal.status, ignored.status], [1, 0]);
  });
});
