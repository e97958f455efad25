import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';

/** Feeds frames until so many bytes have come, from before the point where a small integer ends to behind it. */
const program = (modules: string): string => `
import { Deframer } from ${JSON.stringify(new URL('deframer.js', modules).href)};
import { OutputQueue } from ${JSON.stringify(new URL('output-queue.js', modules).href)};
const frame = Buffer.alloc(2 + 2 + 1000);
frame[0] = 0x82; frame[1] = 126; frame.writeUInt16BE(1000, 2);
let seen = 0;
const sink = {
  stopped: false, takesTextRun: false, textRun: (_bytes, start) => start,
  frameStart() {}, framePayload() {}, frameEnd() {}, frameWhole(_header, offset) { seen = offset; },
};
const budget = { left: Infinity };
const border = 2 ** 31;
const deframer = new Deframer(sink, { expectMasked: false, offset: 100, budget });
const queue = new OutputQueue();
const run = (count) => {
  for (let i = 0; i < count; i++) {
    deframer.receive(frame, 0, frame.length);
    queue.head(frame); queue.take();
    if (i % 1000 === 0) queue.position;
  }
};
run(1_000_000); run(1_130_000);
console.log('near ' + (border - seen > 0));
run(100_000);
console.log('behind ' + (seen > border));
`;

it('a count of bytes that grows beyond a small integer throws no compiled code away', () => {
  const modules = new URL('../../../lib/protocol/framing/', import.meta.url).href;
  const output = execFileSync(process.execPath, ['--trace-deopt', '--input-type=module', '--eval', program(modules)], {
    encoding: 'utf8',
  });
  assert.match(output, /near true\n[^]*behind true/);
  assert.doesNotMatch(output, /reason: (overflow|not a Smi|lost precision)/);
});
