/** The smallest extension on whole messages: the vectors are about when a session calls one, not about DEFLATE. */
import { Buffer } from 'node:buffer';
import type { MessageExtension } from '../../lib/protocol/messages/extension.js';
import { Violation } from '../../lib/protocol/rules.js';

/** A compressed message is a number and bytes: the bytes repeated that many times; 0 is not a valid number. */
export function toyExtension(): MessageExtension {
  return {
    offer: 'toy',
    accept(extensions) {
      const given = extensions.split(',').map((one) => one.trim());
      for (const one of given) {
        if (one.endsWith(';')) throw new Violation('handshake-extension-syntax', one, 0);
        if (one.startsWith('toy;')) throw new Violation('handshake-deflate-parameter', one, 0);
        if (one !== 'toy') throw new Violation('handshake-extension', one, 0);
      }
      if (given.length > 1) throw new Violation('handshake-extension-once', `it ${given.length} times`, 0);
    },
    inflate(bytes, maxSize, offset) {
      const times = bytes[0] ?? 0;
      if (times === 0) throw new Violation('deflate-data', 'no repetition', offset);
      const size = times * (bytes.length - 1);
      if (size > maxSize) throw new Violation('message-size', `${size} bytes`, offset);
      return Buffer.concat(Array.from({ length: times }, () => bytes.subarray(1)));
    },
    compresses: (size) => size >= 3,
    deflate: (bytes) => Buffer.concat([Buffer.of(1), bytes]),
    deflatePiece: (bytes) => Buffer.from(bytes),
  };
}
