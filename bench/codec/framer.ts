import { randomFillSync } from 'node:crypto';
import { Framer } from '../../lib/protocol/framing/framer.js';
import { MaskingKeys } from '../../lib/protocol/framing/mask.js';
import { Output } from '../../lib/protocol/framing/output.js';
import type { Kind } from '../payload.js';
import { payload } from '../payload.js';
import { sizeLabel } from '../plan.js';
import type { Operation } from './operation.js';

export function framerOperations(): Operation[] {
  const output = new Output();
  const drop = (): void => {
    for (let chunk = output.take(); chunk !== undefined; chunk = output.take()) Output.release(chunk);
  };
  const framer = new Framer(output, new MaskingKeys(randomFillSync), { flush: drop });
  const kinds: readonly (readonly [Kind, readonly number[]])[] = [
    ['text', [16, 125, 1024, 65536]],
    ['binary', [16, 125, 1024, 65536]],
    ['mixed', [1024]],
    ['chinese', [1024]],
  ];
  return kinds.flatMap(([kind, sizes]) =>
    sizes.map((size) => {
      // Many different messages: a processor learns the branches of a single one by heart.
      const messages = Array.from({ length: 64 }, (_, seed) => payload(kind, size, seed));
      const texts = kind === 'binary' ? [] : messages.map((bytes) => bytes.toString('utf8'));
      let next = 0;
      const binary = (): void => framer.binary(messages[next++ & 63]!);
      const text = (): void => framer.text(texts[next++ & 63]!);
      const run = kind === 'binary' ? binary : text;
      return { name: `frame ${kind} ${sizeLabel(size)}`, size, each: 1, run };
    }),
  );
}
