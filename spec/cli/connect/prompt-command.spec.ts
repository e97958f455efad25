import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHex } from '../../../lib/cli/connect/byte-text.js';
import { commandHelp, commandNames, parseCommand } from '../../../lib/cli/connect/prompt-command.js';

function mistake(line: string): string {
  const command = parseCommand(line);
  assert.equal(command.type, 'mistake', line);
  return 'message' in command ? command.message : '';
}

describe('a line at the prompt', () => {
  it('is a text message, unless it is empty or begins with one "/"', () => {
    assert.deepEqual(parseCommand('hello  '), { type: 'text', text: 'hello  ' });
    assert.deepEqual(parseCommand(' /ping'), { type: 'text', text: ' /ping' });
    assert.deepEqual(parseCommand('//ping'), { type: 'text', text: '/ping' });
    assert.deepEqual(parseCommand(''), { type: 'nothing' });
    assert.match(mistake('/pong'), /expected \/ping, \/close, \/binary, \/help, got \/pong/);
    assert.match(mistake('/'), /got \/;/);
  });

  it('pings with at most 125 bytes (RFC 6455 §5.5)', () => {
    assert.deepEqual(parseCommand('/ping'), { type: 'ping', payload: Buffer.alloc(0) });
    assert.deepEqual(parseCommand('/ping a b'), { type: 'ping', payload: Buffer.from('a b') });
    assert.equal(parseCommand(`/ping ${'x'.repeat(125)}`).type, 'ping');
    assert.match(mistake(`/ping ${'ü'.repeat(63)}`), /at most 125 bytes .* got 126/);
  });

  it('closes with a code that may be sent and a reason of at most 123 bytes', () => {
    assert.deepEqual(parseCommand('/close'), { type: 'close', code: 1000, reason: '' });
    assert.deepEqual(parseCommand('/close 1000 bye now '), { type: 'close', code: 1000, reason: 'bye now' });
    assert.deepEqual(parseCommand('/close 4999'), { type: 'close', code: 4999, reason: '' });
    for (const code of ['1005', '1006', '1015']) assert.match(mistake(`/close ${code}`), /must never be sent/);
    for (const code of ['999', '5000', 'bye', '1e3', '2000']) {
      assert.match(mistake(`/close ${code}`), /no code that may be sent/);
    }
    assert.match(mistake(`/close 1000 ${'ü'.repeat(62)}`), /at most 123 bytes of UTF-8, got 124/);
  });

  it('sends bytes or a file', () => {
    assert.deepEqual(parseCommand('/binary hex:00 fF:10'), { type: 'binary', bytes: Buffer.from([0, 255, 16]) });
    assert.deepEqual(parseCommand('/binary hex:'), { type: 'binary', bytes: Buffer.alloc(0) });
    assert.deepEqual(parseCommand('/binary some file.bin'), { type: 'file', path: 'some file.bin' });
    assert.match(mistake('/binary'), /expected \/binary FILE/);
    assert.match(mistake('/binary hex:0'), /pairs of hexadecimal digits/);
    assert.equal(parseHex('0g'), undefined);
  });

  it('asks for help, which tells of every command', () => {
    assert.deepEqual(parseCommand('/help'), { type: 'help' });
    for (const name of commandNames) assert.ok(commandHelp.includes(name), name);
  });
});
