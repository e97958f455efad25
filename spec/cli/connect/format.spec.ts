import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import {
  type ConversationEvent,
  chooseFormat,
  describeEnding,
  endLine,
  formatAs,
  formatEscaped,
  formatInteractive,
  formatJson,
  formatRaw,
} from '../../../lib/cli/connect/format.js';

const plain = (_style: unknown, text: string): string => text;
const text = (data: string): ConversationEvent => ({ type: 'text', data });
const binary = (...bytes: number[]): ConversationEvent => ({ type: 'binary', data: new Uint8Array(bytes).buffer });
const opened: ConversationEvent = {
  type: 'open',
  opened: { subprotocol: 'chat', extensions: '', headers: { 'x-a': '\x1b' } },
};
const pong: ConversationEvent = { type: 'pong', payload: Buffer.from('p\n'), milliseconds: 1.25 };
const closed: ConversationEvent = { type: 'close', ending: { code: 3000, reason: 'a\x1bb', failure: undefined } };

describe('what was received', () => {
  it('is for pipes the messages only, text as it is and binary as hex', () => {
    assert.equal(formatRaw(text('a\x1b[31m\n')), 'a\x1b[31m\n');
    assert.equal(formatRaw(binary(0, 255)), 'hex:00ff');
    for (const other of [opened, pong, closed]) assert.equal(formatRaw(other), undefined);
  });

  it('is on a terminal the same without control characters, and not endless', () => {
    const format = formatEscaped(plain);
    assert.equal(format(text('a\x1b[31m\n')), 'a\\u001b[31m\\n');
    assert.equal(format(binary(0, 255)), 'hex:00ff');
    assert.match(format(text('x'.repeat(10_001)))!, /^x{10000} … \(10001 characters/);
    assert.match(format({ type: 'binary', data: new ArrayBuffer(257) })!, /^hex:(00){256} … \(257 bytes\)$/);
    for (const other of [opened, pong, closed]) assert.equal(format(other), undefined);
  });

  it('is in one form whatever it is, where that is asked for', () => {
    assert.deepEqual(formatAs('raw')(text('é')), Buffer.from('é'));
    assert.deepEqual(formatAs('raw')(binary(0, 255)), Buffer.from([0, 255]));
    assert.equal(formatAs('hex')(text('hi')), '6869');
    assert.equal(formatAs('base64')(binary(0, 255)), 'AP8=');
    assert.deepEqual(formatAs('length-prefixed')(binary(7, 8)), Buffer.from([0, 0, 0, 2, 7, 8]));
    for (const other of [opened, pong, closed]) assert.equal(formatAs('raw')(other), undefined);
  });

  it('ends with a line end or NUL, and bytes with nothing', () => {
    const settings = { json: false, output: undefined, interactive: false } as const;
    const bytes = Buffer.from([1]);
    assert.equal(endLine('a', { ...settings, lineEnd: '\n' }), 'a\n');
    assert.equal(endLine(bytes, { ...settings, lineEnd: '\n' }), bytes);
    assert.equal(endLine('a\0', { ...settings, lineEnd: 'nul' }), 'a\0\0');
    assert.equal(endLine('a\0', { ...settings, lineEnd: 'nul-kept' }), 'a\0');
    assert.equal(endLine('a', { ...settings, lineEnd: 'nul-kept' }), 'a\0');
    assert.deepEqual(endLine(bytes, { ...settings, lineEnd: 'nul' }), Buffer.from([1, 0]));
    assert.equal(endLine('{}', { ...settings, json: true, lineEnd: 'nul' }), '{}\n');
    const json = chooseFormat({ ...settings, json: true, output: 'base64', lineEnd: '\n' }, {});
    assert.match(String(json(binary(0, 255))), /"size":2,"base64":"AP8="/);
  });

  it('is at the prompt everything, marked', () => {
    const format = formatInteractive(plain);
    assert.equal(format(opened), 'connected, subprotocol chat');
    assert.equal(format(text('a\nb')), '< a\\nb');
    assert.equal(format(binary(1)), '< hex:01 (binary, 1 bytes)');
    assert.equal(format(pong), '< pong "p\\n" (1.3 ms)');
    assert.equal(format({ type: 'pong', payload: Buffer.alloc(0), milliseconds: undefined }), '< pong (not asked for)');
    assert.equal(format(closed), 'closed 3000 "a\\u001bb"');
  });

  it('is in JSON everything with its time, one object a line', () => {
    const time = new Date(0);
    const parse = (received: ConversationEvent): unknown => {
      const line = formatJson(received, time);
      assert.doesNotMatch(line, /[\n\x1b]/);
      return JSON.parse(line);
    };
    const stamp = { time: '1970-01-01T00:00:00.000Z' };
    const headers = { 'x-a': '\x1b' };
    assert.deepEqual(parse(opened), { type: 'open', subprotocol: 'chat', extensions: '', headers, ...stamp });
    assert.deepEqual(parse(text('a\n')), { type: 'text', data: 'a\n', ...stamp });
    assert.deepEqual(parse(binary(0, 255)), { type: 'binary', size: 2, hex: '00ff', ...stamp });
    assert.deepEqual(parse(pong), { type: 'pong', hex: '700a', milliseconds: 1.25, ...stamp });
    assert.deepEqual(parse(closed), { type: 'close', code: 3000, reason: 'a\x1bb', ...stamp });
  });
});

describe('how a connection ended', () => {
  it('tells codes that were never in a frame apart, and why it was lost', () => {
    const failure = { kind: 'lost', sentence: ['reset\nby peer'], status: 0, attempted: true } as const;
    assert.equal(describeEnding({ code: 1005, reason: '', failure: undefined }), 'closed without a status code');
    const lost = describeEnding({ code: 1006, reason: '', failure });
    assert.equal(lost, 'lost without a closing handshake (reset\\nby peer)');
  });
});
