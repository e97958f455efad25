import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { acceptOffer, PerMessageDeflate } from '../../../lib/protocol/deflate/permessage-deflate.js';
import { type Extension, parseExtensionList } from '../../../lib/protocol/handshake/extension-list.js';
import { Violation } from '../../../lib/protocol/rules.js';
import type { Target } from '../fuzzer.js';
import type { Random } from '../random.js';
import { deflateOptions } from '../stream.js';

const names = ['permessage-deflate', 'permessage-deflate', 'x', 'mux', 'Permessage-Deflate'];
const parameters = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
  'x',
];
const values = [undefined, undefined, '8', '15', '10', '7', '16', '010', '1e1', 'x', ''];
const spaces = ['', '', ' ', '\t', '  '];
const pieces = [',', ';', '=', '"', '\\', ' ', '\t', 'a', '15', '\0', '\x7f', 'é', '"8"', '"1\\5"', ',,', 'x="'];

const rulesOf = [
  'handshake-extension-syntax',
  'handshake-extension',
  'handshake-extension-once',
  'handshake-deflate-parameter',
];

export const extensions: Target = {
  name: 'extensions',
  title: 'a value of Sec-WebSocket-Extensions is read as it was meant, or refused, and so are its parameters',
  share: 10,
  run(random) {
    const list: Extension[] = Array.from({ length: 1 + random.below(3) }, () => ({
      name: random.pick(names),
      parameters: Array.from({ length: random.below(4) }, () => {
        return [random.pick(parameters), random.pick(values)] as const;
      }),
    }));
    const text = write(random, list);
    const isWritable = list.every((one) => one.parameters.every(([, value]) => value !== ''));
    if (isWritable) assert.deepEqual(parseExtensionList(text), list);

    const mutated = random.once(2) ? text : mutate(random, text);
    const parsed = attempt(() => parseExtensionList(mutated));
    if (parsed !== undefined) assert.deepEqual(parseExtensionList(write(random, parsed)), parsed, 'read again');

    const client = new PerMessageDeflate(zlib, deflateOptions(random));
    attempt(() => client.accept(mutated));
    const accepted = attempt(() => acceptOffer(mutated, zlib, deflateOptions(random)));
    if (accepted !== undefined) parseExtensionList(accepted.response);

    // Whatever we offer, with whatever options, our own server takes, and its answer is one that we take.
    const agreed = acceptOffer(client.offer, zlib, deflateOptions(random));
    client.accept(agreed!.response);
  },
};

/** `undefined` when a rule about extensions refuses. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    assert.ok(error instanceof Violation, String((error as Error).stack));
    assert.ok(rulesOf.includes(error.rule.id), error.rule.id);
    assert.ok(error.message.length < 600, error.message);
    return undefined;
  }
}

function write(random: Random, list: readonly Extension[]): string {
  const space = (): string => random.pick(spaces);
  const separator = (mark: string): string => `${space()}${mark}${space()}`;
  const elements = list.map(({ name, parameters: own }) =>
    [
      name,
      ...own.map(([parameter, value]) =>
        value === undefined ? parameter : `${parameter}${separator('=')}${quoted(random, value)}`,
      ),
    ].join(separator(';')),
  );
  const empty = (): string => (random.once(4) ? separator(',') : '');
  return `${empty()}${space()}${elements.join(separator(random.once(4) ? ', ,' : ','))}${space()}${empty()}`;
}

function quoted(random: Random, value: string): string {
  if (value !== '' && random.once(2)) return value;
  return `"${[...value].map((character) => (random.once(4) ? `\\${character}` : character)).join('')}"`;
}

function mutate(random: Random, text: string): string {
  let mutated = text;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(mutated.length + 1);
    mutated = mutated.slice(0, at) + (random.once(3) ? '' : random.pick(pieces)) + mutated.slice(at + random.below(3));
  }
  return mutated;
}
