/** Bytes as a person writes them: hexadecimal and base64. */
import { Buffer } from 'node:buffer';

/** Pairs of digits with or without spaces or colons between; `undefined` when they are not. */
export function parseHex(text: string): Buffer | undefined {
  const digits = text.replace(/[\s:]/g, '');
  return digits.length % 2 === 0 && /^[\da-f]*$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

/** Base64 or base64url, with or without padding; `undefined` when it is not. */
export function parseBase64(text: string): Buffer | undefined {
  const digits = text.replace(/\s/g, '').replace(/=+$/, '');
  return /^[\w+/-]*$/.test(digits) && digits.length % 4 !== 1 ? Buffer.from(digits, 'base64') : undefined;
}
