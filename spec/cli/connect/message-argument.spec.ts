import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { UsageError } from '../../../lib/cli/command.js';
import { parseBase64 } from '../../../lib/cli/connect/byte-text.js';
import { readHeartbeatOption } from '../../../lib/cli/connect/heartbeat.js';
import { readMessageArgument } from '../../../lib/cli/connect/message-argument.js';

const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-message-'));
after(() => rmSync(folder, { recursive: true }));

const read = (argument: string, form: { escapes?: boolean; binary?: boolean } = {}) =>
  readMessageArgument(argument, '--execute', { escapes: false, binary: false, ...form });

function file(bytes: string | Uint8Array): string {
  const path = join(folder, 'message');
  writeFileSync(path, bytes);
  return `@${path}`;
}

describe('a message on the command line', () => {
  it('is a text, or bytes in hexadecimal or base64', () => {
    assert.equal(read('hello: hex'), 'hello: hex');
    assert.equal(read(''), '');
    assert.deepEqual(read('hex:00 FF'), Buffer.from([0, 255]));
    assert.deepEqual(read('hex:'), Buffer.alloc(0));
    assert.deepEqual(read('base64:AP8='), Buffer.from([0, 255]));
    assert.deepEqual(parseBase64('-_8'), Buffer.from([251, 255]));
    assert.equal(read('text:@hex:'), '@hex:');
    assert.deepEqual(read('é', { binary: true }), Buffer.from('é'));
  });

  it('is what a file holds: a text when it is one, without the byte order mark of the file', () => {
    assert.equal(read(file('a\nb\n')), 'a\nb\n');
    assert.equal(read(file('\ufeffa')), 'a');
    assert.deepEqual(read(file(new Uint8Array([255]))), Buffer.from([255]));
    assert.deepEqual(read(file('a'), { binary: true }), Buffer.from('a'));
  });

  it('spells characters with backslashes when it is asked to', () => {
    assert.equal(read('a\\n', { escapes: true }), 'a\n');
    assert.equal(read('a\\n'), 'a\\n');
  });

  it('is a mistake of usage when it cannot be read', () => {
    const wrong: [string, RegExp][] = [
      ['hex:0', /--execute must have pairs of hexadecimal digits/],
      ['base64:A', /--execute must have base64/],
      ['base64:ü', /--execute must have base64/],
      [`@${folder}/none`, /--execute cannot be read: ENOENT.* text:@/],
      [`@${folder}`, /--execute cannot be read: EISDIR/],
    ];
    for (const [argument, expected] of wrong)
      assert.throws(
        () => read(argument),
        (error: Error) => error instanceof UsageError && expected.test(error.message),
        argument,
      );
    assert.throws(() => read('\\q', { escapes: true }), /--execute has a backslash before "q"/);
  });

  it('can be sent again and again', () => {
    const form = { escapes: false, binary: false };
    assert.deepEqual(readHeartbeatOption('{"op":"ping"}:20', '--heartbeat', form), {
      message: '{"op":"ping"}',
      seconds: 20,
    });
    assert.deepEqual(readHeartbeatOption('hex:09:.5', '--heartbeat', form), {
      message: Buffer.from([9]),
      seconds: 0.5,
    });
    assert.throws(() => readHeartbeatOption('ping', '--heartbeat', form), /--heartbeat must be TEXT:SECONDS/);
    assert.throws(
      () => readHeartbeatOption('ping:often', '--heartbeat', form),
      /SECONDS of --heartbeat must be a number/,
    );
  });
});
