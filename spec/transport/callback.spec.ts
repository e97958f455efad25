import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../api/program.js';
import { call } from '../../lib/transport/callback.js';

describe('call', () => {
  it('passes the arguments on', () => {
    let seen: unknown[] = [];
    call((...args: unknown[]) => (seen = args), 1, 'two');
    assert.deepEqual(seen, [1, 'two']);
  });

  it('returns when the function throws; the exception is uncaught on a later tick', async () => {
    const module = JSON.stringify(new URL('../../lib/transport/callback.js', import.meta.url).href);
    const { stdout, status } = await runProgram(
      `const { call } = await import(${module});
       process.on('uncaughtException', (error) => console.log('caught', error));
       call(() => { throw 'one'; });
       call(() => { throw 'two'; });
       console.log('goes on');`,
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: 'goes on\ncaught one\ncaught two\n' });
  });
});
