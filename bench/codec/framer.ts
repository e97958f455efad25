import { randomFillSync } from 'node:crypto';
import { Framer } from '../../lib/protocol/framer.js';
import { MaskingKeys } from '../../lib/protocol/mask.js';
import { Output } from '../../lib/protocol/output.js';
import { payload } from '../payload.js';
import type { Kind } from '../payload.js';
import { sizeLabel } from '../plan.js';
import type { Operation } from './operation.js';

export function framerOperations(): Operation[] {
  const output = new Output();
  const drop = (): void => {
    for (let chunk = output.take(); chunk !== undefined; chunk = output.take()) Output.release(chunk);
  };
  const framer = new Framer(output, new MaskingKeys(randomFillSync), drop);
  const kinds: readonly (readonly [Kind, readonly number[]])[] = [
    ['text', [16, 125, 1024, 65536]],
    ['binary', [16, 125, 1024, 65536]],
    ['mixed', [1024]],
    ['chinese', [1024]],
  ];
  return kinds.flatMap(([kind, sizes]) =>
    sizes.map((size) => {
      const bytes = payload(kind, size);
      const text = bytes.toString('utf8');
      const run = kind === 'binary' ? () => framer.binary(bytes) : () => framer.text(text);
      return { name: `frame ${kind} ${sizeLabel(size)}`, size, each: 1, run };
    }),
  );
}
