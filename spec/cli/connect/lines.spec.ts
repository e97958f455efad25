import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { readLines } from '../../../lib/cli/connect/lines.js';

async function lines(...chunks: (string | number[])[]): Promise<string[][]> {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)));
  return collect(readLines(Readable.from(bytes)));
}

async function collect(source: AsyncIterable<string[]>): Promise<string[][]> {
  const all: string[][] = [];
  for await (const some of source) all.push(some);
  return all;
}

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
});
