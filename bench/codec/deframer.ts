import { Buffer } from 'node:buffer';
import { unlimited } from '../../lib/protocol/framing/budget.js';
import { Deframer } from '../../lib/protocol/framing/deframer.js';
import type { MessageHandler } from '../../lib/protocol/messages/assembler.js';
import { Assembler } from '../../lib/protocol/messages/assembler.js';
import type { Kind } from '../payload.js';
import { opcodeOf, payload } from '../payload.js';
import { sizeLabel } from '../plan.js';
import { frame } from '../wire.js';
import type { Operation } from './operation.js';

/** What is read from a socket at once. */
const chunkSize = 65536;
const limits = { maxMessageSize: 100 * 1024 * 1024, maxFragments: 1000 };
const budget = unlimited();
const ignore: MessageHandler = { stopped: false, onFrame: undefined, message() {}, control() {} };

/** Chunks as they are read, through deframer and assembler, to messages. */
export function deframerOperations(): Operation[] {
  const kinds: readonly (readonly [Kind, readonly number[]])[] = [
    ['text', [16, 125, 1024, 16384]],
    ['binary', [16, 125, 1024, 16384]],
    ['mixed', [1024]],
    ['chinese', [1024]],
  ];
  return kinds.flatMap(([kind, sizes]) =>
    sizes.map((size) => {
      const count = Math.floor(chunkSize / (size + 4));
      const chunk = Buffer.concat(
        Array.from({ length: count }, (_, seed) => frame(opcodeOf(kind), payload(kind, size, seed), false)),
      );
      const deframer = new Deframer(new Assembler(ignore, limits, budget), { expectMasked: false, offset: 0, budget });
      const run = (): void => void deframer.receive(chunk, 0, chunk.length);
      return { name: `deframe ${kind} ${sizeLabel(size)}`, size, each: count, run };
    }),
  );
}
