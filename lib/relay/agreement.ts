/** What both peers agreed on in the opening handshake, as far as it changes how their frames are read. */
import zlib from 'node:zlib';
import { InflateContext } from '../protocol/deflate/context.js';
import { PerMessageDeflate } from '../protocol/deflate/permessage-deflate.js';
import { type Extension, parseExtensionList } from '../protocol/handshake/extension-list.js';
import { quote } from '../protocol/printable.js';
import { Violation } from '../protocol/rules.js';

export interface Agreement {
  /** Undoes permessage-deflate in each direction; missing when there is none, or it cannot be told which. */
  readonly fromClient: InflateContext | undefined;
  readonly fromServer: InflateContext | undefined;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly allowedRsv: number;
  /** Whether there is an extension that is not known here: what payloads are nobody can tell then. */
  readonly opaque: boolean;
}

export const noExtensions: Agreement = { fromClient: undefined, fromServer: undefined, allowedRsv: 0, opaque: false };

const deflateName = 'permessage-deflate';

/**
 * Reads the answer to an offer; both are the values of Sec-WebSocket-Extensions, joined by commas.
 *
 * @param broke is called for each rule that the answer breaks
 */
export function readAgreement(offer: string, answer: string, broke: (violation: Violation) => void): Agreement {
  if (answer === '') return noExtensions;
  const answered = listOf(answer, broke);
  // A grammar that the client broke is the client's fault, and has been reported as such.
  const offered = listOf(offer, () => {});
  const unknown = answered.find(({ name }) => !offered.some((one) => one.name === name));
  if (unknown !== undefined) {
    const names = offered.map(({ name }) => name).join(', ') || 'none';
    broke(new Violation('handshake-extension', `${quote(unknown.name)}; offered: ${names}`, 0));
  }
  if (answered.some(({ name }) => name !== deflateName)) {
    return { fromClient: undefined, fromServer: undefined, allowedRsv: 7, opaque: true };
  }
  if (answered.length === 0) return noExtensions;
  return readDeflate(offered, answered, answer, broke);
}

function readDeflate(
  offered: readonly Extension[],
  answered: readonly Extension[],
  answer: string,
  broke: (violation: Violation) => void,
): Agreement {
  const parameter = (wanted: string) => answered[0]!.parameters.find(([name]) => name === wanted);
  try {
    new PerMessageDeflate(zlib).accept(answer);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    broke(error);
    return { fromClient: undefined, fromServer: undefined, allowedRsv: 4, opaque: false };
  }
  const bits = parameter('client_max_window_bits')?.[1];
  const mayLimit = offered.some(({ parameters }) => parameters.some(([name]) => name === 'client_max_window_bits'));
  if (bits !== undefined && !mayLimit) {
    const expected = `${deflateName}: client_max_window_bits is answered only when it was offered`;
    broke(new Violation('handshake-deflate-parameter', quote(`client_max_window_bits=${bits}`), 0, expected));
  }
  const inflater = (side: 'client' | 'server'): InflateContext =>
    new InflateContext(zlib, {
      windowBits: Number(parameter(`${side}_max_window_bits`)?.[1] ?? 15),
      contextTakeover: parameter(`${side}_no_context_takeover`) === undefined,
    });
  return { fromClient: inflater('client'), fromServer: inflater('server'), allowedRsv: 4, opaque: false };
}

function listOf(value: string, broke: (violation: Violation) => void): Extension[] {
  if (value === '') return [];
  try {
    return parseExtensionList(value);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    broke(error);
    return [];
  }
}
