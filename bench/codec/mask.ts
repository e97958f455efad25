import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { MaskingKeys, mask } from '../../lib/protocol/framing/mask.js';
import { sizeLabel } from '../plan.js';
import type { Operation } from './operation.js';

export function maskOperations(): Operation[] {
  const bytes = Buffer.allocUnsafeSlow(65536 + 8);
  const words = new Int32Array(bytes.buffer);
  const keys = new MaskingKeys(randomFillSync);
  const masking = [16, 125, 1024, 65536].map((size) => ({
    name: `mask ${sizeLabel(size)}, not aligned`,
    size,
    each: 1,
    run: () => mask(bytes, words, 6, 6 + size, 0x5a17c3e9),
  }));
  return [{ name: 'masking key', size: 0, each: 1, run: () => void keys.next() }, ...masking];
}
