import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { readStdin, type StdinForm } from '../../../lib/cli/connect/stdin-messages.js';

type Chunk = string | number[];

const toBytes = (chunk: Chunk): Buffer => (typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));

async function read(form: Partial<StdinForm>, ...chunks: Chunk[]): Promise<(string | Uint8Array)[][]> {
  const all: (string | Uint8Array)[][] = [];
  const whole = { parts: 'lines', binary: false, escapes: false, ...form } as const;
  for await (const some of readStdin(Readable.from(chunks.map(toBytes)), whole)) all.push(some);
  return all;
}

const lines = (...chunks: Chunk[]) => read({}, ...chunks);

describe('lines of stdin', () => {
  it('come as many at a time as one read brought, without LF or CRLF', async () => {
    assert.deepEqual(await lines('a\nb\r\n\nc', 'd\n'), [['a', 'b', ''], ['cd']]);
  });

  it('need no line end at the end, and there is none after the last one', async () => {
    assert.deepEqual(await lines('a\nb'), [['a'], ['b']]);
    assert.deepEqual(await lines('a\n'), [['a']]);
    assert.deepEqual(await lines(), []);
  });

  it('are whole however they are cut: a character, CR from LF, a line in many reads', async () => {
    const bytes = [...Buffer.from('grüße 🌍\r\nx\n')];
    assert.deepEqual((await lines(...bytes.map((byte) => [byte]))).flat(), ['grüße 🌍', 'x']);
  });

  it('must be UTF-8: a text message has to be (RFC 6455 §5.6)', async () => {
    await assert.rejects(lines('ok\n', [0xc3, 0x0a]), /line 2 of stdin is not UTF-8/);
    await assert.rejects(lines([0xff]), /line 1 of stdin is not UTF-8/);
  });

  it('leave the byte order mark to the file, and what is UTF-16 to iconv', async () => {
    assert.deepEqual((await lines([0xef, 0xbb], [0xbf, 0x61, 0x0a, 0xef, 0xbb, 0xbf, 0x0a])).flat(), ['a', '\ufeff']);
    const utf16 = Buffer.from('hi\n', 'utf16le');
    for (const bytes of [[0xff, 0xfe, ...utf16], [0xfe, 0xff, ...utf16.swap16()], [...utf16], [...utf16.swap16()]])
      await assert.rejects(lines(bytes), /stdin is UTF-16, .*iconv -f UTF-16 -t UTF-8/);
  });

  it('may spell characters with backslashes, where that is asked for', async () => {
    const given = String.raw`a\nb\0\u00e9\u{1f30d}\x41\\n\ud83c\udf0d`;
    assert.deepEqual((await read({ escapes: true }, given)).flat(), ['a\nb\0é🌍A\\n🌍']);
    assert.deepEqual((await lines(given)).flat(), [given]);
    for (const wrong of [
      String.raw`\q`,
      '\\',
      String.raw`\u12`,
      String.raw`\xg0`,
      String.raw`\u{110000}`,
      String.raw`\ud800`,
    ])
      await assert.rejects(read({ escapes: true }, `ok\n${wrong}\n`), /line 2 of stdin has /, wrong);
  });
});

describe('messages of stdin', () => {
  it('are parted by NUL, which they have in them on request', async () => {
    const input = 'a\nb\0\0c\r\n';
    assert.deepEqual((await read({ parts: 'nul' }, input)).flat(), ['a\nb', '', 'c\r\n']);
    assert.deepEqual((await read({ parts: 'nul-kept' }, input)).flat(), ['a\nb\0', '\0', 'c\r\n']);
  });

  it('are binary as they come: all of it, lines, or as long as they say', async () => {
    const bytes = [0xff, 0xfe, 0x0d, 0x0a, 0, 1, 0x0a, 2];
    const pieces = bytes.map((byte) => [byte]);
    const read3 = async (form: Partial<StdinForm>, ...chunks: Chunk[]) =>
      (await read({ binary: true, ...form }, ...chunks)).flat().map((message) => [...(message as Uint8Array)]);
    assert.deepEqual(await read3({ parts: 'whole' }, ...pieces), [bytes]);
    assert.deepEqual(await read3({ parts: 'whole' }), []);
    assert.deepEqual(await read3({}, ...pieces), [[0xff, 0xfe, 0x0d], [0, 1], [2]]);
    const prefixed = [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 9];
    for (const chunks of [[prefixed], prefixed.map((byte) => [byte])])
      assert.deepEqual(await read3({ parts: 'length-prefixed' }, ...chunks), [[7, 8], [], [9]]);
  });

  it('must be as long as they say', async () => {
    const prefixed = { parts: 'length-prefixed', binary: true } as const;
    await assert.rejects(
      read(prefixed, [0, 0, 0, 1, 7, 0, 0, 0, 2, 7]),
      /ends within message 2: expected 6 bytes .*, got 5/,
    );
    await assert.rejects(read(prefixed, [0, 0]), /ends within message 1/);
    await assert.rejects(read(prefixed, [0xff, 0, 0, 0]), /message 1 of stdin has a length of 4278190080 bytes/);
  });
});
