import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOpenFiles, ephemeralPorts, loopbackSources, openFileLimit } from '../../../lib/cli/bench/load-limits.js';
import { UsageError } from '../../../lib/cli/command.js';

describe('open files', () => {
  it('are as many as the system says', async () => {
    const limit = await openFileLimit();
    assert.ok(limit === undefined || limit >= 16);
  });

  it('that are too few are a sentence that says what to do', () => {
    const message = (limit: number): string => {
      try {
        checkOpenFiles(10_000, 2, limit);
        return '';
      } catch (error) {
        assert.ok(error instanceof UsageError);
        return error.message;
      }
    };
    assert.equal(
      message(1024),
      '--connections 10000 needs 5 064 open files in a process, and the limit is 1 024: raise it (ulimit -n), or use --processes 11',
    );
    assert.match(message(100), /\(ulimit -n\)$/);
    assert.equal(message(5064), '');
    checkOpenFiles(10_000, 2, undefined);
    checkOpenFiles(10_000, 11, 1024);
  });
});

describe('ports', () => {
  it('are as many as the system says', async () => {
    const ports = await ephemeralPorts();
    assert.ok(ports === undefined || ports > 0);
  });

  it('of one loopback address are not enough for tens of thousands of connections', () => {
    assert.deepEqual(loopbackSources('127.0.0.1', 20_000, 28_232), []);
    assert.deepEqual(loopbackSources('127.0.0.1', 50_000, 28_232), ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    assert.deepEqual(loopbackSources('192.0.2.1', 50_000, 28_232), []);
    assert.deepEqual(loopbackSources('127.0.0.1', 50_000, undefined), []);
    assert.equal(new Set(loopbackSources('127.0.0.1', 1000, 1)).size, 1000);
  });
});
