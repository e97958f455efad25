import { Buffer } from 'node:buffer';

/** What a message consists of: ASCII text, bytes, text in several scripts, Chinese text, or JSON as feeds send it. */
export type Kind = 'text' | 'binary' | 'mixed' | 'chinese' | 'json';

const ascii = 'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 {}[]":,.-_';
const chinese = '天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳，。';
const mixed = [
  ...'the quick brown fox jumps over the lazy dog and says: ',
  ...'éèüñßøåçœ',
  ...'привет',
  ...chinese,
  ...'😀🚀',
];

/** A small repeatable generator (mulberry32): every run and every process moves the same bytes. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const wordOf = generator(1);
const words = Array.from({ length: 400 }, () => wordOf().toString(36));

/** Names that come again and numbers that do not; cut to the size. */
function json(size: number, next: () => number): Buffer {
  const word = (): string => words[Math.floor((next() / 2 ** 32) ** 2 * words.length)]!;
  let text = '';
  while (text.length < size) {
    const price = (next() % 1e4) / 100;
    text += JSON.stringify({ id: next() % 1e6, user: word(), price, tags: [word(), word()] });
  }
  return Buffer.from(text.slice(0, size));
}

/** `size` bytes of the given kind; text kinds are valid UTF-8, filled up with ASCII when a character would not fit. */
export function payload(kind: Kind, size: number, seed = 1): Buffer {
  const next = generator(seed);
  const bytes = Buffer.allocUnsafe(size);
  if (kind === 'binary') {
    for (let i = 0; i < size; i++) bytes[i] = next();
    return bytes;
  }
  if (kind === 'json') return json(size, next);
  const alphabet = kind === 'text' ? [...ascii] : kind === 'chinese' ? [...chinese] : mixed;
  const encoded = alphabet.map((character) => Buffer.from(character, 'utf8'));
  let at = 0;
  while (at < size) {
    const character = encoded[next() % encoded.length]!;
    if (at + character.length > size) {
      bytes.fill('.', at);
      break;
    }
    at += character.copy(bytes, at);
  }
  return bytes;
}

/** The text kinds travel in frames of opcode 1, bytes in frames of opcode 2 (RFC 6455 §5.2). */
export function opcodeOf(kind: Kind): number {
  return kind === 'binary' ? 2 : 1;
}
