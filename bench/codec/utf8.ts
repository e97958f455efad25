import { decodeText } from '../../lib/protocol/text.js';
import { Utf8Validator } from '../../lib/protocol/utf8.js';
import { payload } from '../payload.js';
import type { Kind } from '../payload.js';
import { sizeLabel } from '../plan.js';
import type { Operation } from './operation.js';

export function utf8Operations(): Operation[] {
  const cases: readonly (readonly [Kind, number])[] = [
    ['text', 125],
    ['text', 1024],
    ['mixed', 125],
    ['mixed', 1024],
    ['chinese', 125],
    ['chinese', 1024],
  ];
  const validator = new Utf8Validator();
  return cases.flatMap(([kind, size]) => {
    const bytes = payload(kind, size);
    const validate = (): void => {
      validator.push(bytes, 0, bytes.length);
      validator.reset();
    };
    return [
      { name: `validate ${kind} ${sizeLabel(size)}`, size, each: 1, run: validate },
      { name: `decode ${kind} ${sizeLabel(size)}`, size, each: 1, run: () => void decodeText(bytes, 0, size) },
    ];
  });
}
