import { decodeText } from '../../lib/protocol/text/decoder.js';
import { utf8Encoder } from '../../lib/protocol/text/encoder.js';
import { Utf8Validator } from '../../lib/protocol/text/validator.js';
import type { Kind } from '../payload.js';
import { payload } from '../payload.js';
import { sizeLabel } from '../plan.js';
import type { Operation } from './operation.js';

export function utf8Operations(): Operation[] {
  const cases: readonly (readonly [Kind, number])[] = [
    ['text', 125],
    ['text', 1024],
    ['mixed', 16],
    ['mixed', 125],
    ['mixed', 1024],
    ['chinese', 125],
    ['chinese', 1024],
  ];
  const validator = new Utf8Validator();
  const encoder = utf8Encoder();
  return cases.flatMap(([kind, size]) => {
    // Many different texts: a processor learns the branches of a single one by heart.
    const texts = Array.from({ length: 64 }, (_, seed) => payload(kind, size, seed));
    let next = 0;
    const validate = (): void => {
      validator.push(texts[next++ & 63]!, 0, size);
      validator.reset();
    };
    const decode = (): void => void decodeText(texts[next++ & 63]!, 0, size);
    const strings = texts.map((bytes) => bytes.toString('utf8'));
    const encode = (): void => void encoder.encode(strings[next++ & 63]!);
    return [
      { name: `validate ${kind} ${sizeLabel(size)}`, size, each: 1, run: validate },
      { name: `decode ${kind} ${sizeLabel(size)}`, size, each: 1, run: decode },
      // ASCII is left to Node.
      ...(kind === 'text' ? [] : [{ name: `encode ${kind} ${sizeLabel(size)}`, size, each: 1, run: encode }]),
    ];
  });
}
