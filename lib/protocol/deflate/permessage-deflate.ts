/** permessage-deflate (RFC 7692): the offer, the verdict on the answer, a server's answer, and what they come to. */
import type { Buffer } from 'node:buffer';
import type { Budget } from '../framing/budget.js';
import { type ExtensionParameter, parseExtensionList } from '../handshake/extension-list.js';
import type { MessageExtension } from '../messages/extension.js';
import { quote } from '../printable.js';
import { Violation } from '../rules.js';
import { DeflateContext, type DeflateDirection, InflateContext, type Zlib } from './context.js';
import { type PerMessageDeflateOptions, type PerMessageDeflateSettings, withDefaults } from './options.js';

const extensionName = 'permessage-deflate';

/** The parameters of RFC 7692 §7.1, as one side sent them. */
interface Parameters {
  server_no_context_takeover: boolean;
  client_no_context_takeover: boolean;
  server_max_window_bits: number | undefined;
  /** `true`: in an offer, without a value. */
  client_max_window_bits: number | true | undefined;
}

/**
 * Reads parameters by the rules that hold for both sides.
 *
 * @throws {Violation} `handshake-deflate-parameter`
 */
function readParameters(given: readonly ExtensionParameter[], isOffer: boolean): Parameters {
  const parameters: Parameters = {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: undefined,
    client_max_window_bits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of given) {
    // RFC 7692 §7.1: "multiple extension parameters with the same name"
    if (seen.has(name)) refuse(`${name} twice`, 'no parameter appears twice');
    seen.add(name);
    switch (name) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        // RFC 7692 §7.1.1: "This parameter has no value."
        if (value !== undefined) refuse(quote(`${name}=${value}`), `${name} has no value`);
        parameters[name] = true;
        break;
      case 'server_max_window_bits':
        parameters[name] = windowBits(name, value);
        break;
      case 'client_max_window_bits':
        // RFC 7692 §7.1.2.2: in an offer it may have no value
        parameters[name] = isOffer && value === undefined ? true : windowBits(name, value);
        break;
      default:
        // RFC 7692 §7.1: "an extension parameter not defined for use"
        refuse(quote(name), 'its parameters are those of RFC 7692');
    }
  }
  return parameters;
}

/** RFC 7692 §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive" */
function windowBits(name: string, value: string | undefined): number {
  if (value === undefined) refuse(`${name} without a value`, `${name} has a value`);
  if (!/^(?:[89]|1[0-5])$/.test(value)) refuse(quote(`${name}=${value}`), `${name} is a number from 8 to 15`);
  return Number(value);
}

function refuse(got: string, expected: string): never {
  throw new Violation('handshake-deflate-parameter', got, 0, `${extensionName}: ${expected}`);
}

/** permessage-deflate on one connection. A client has to have `accept`ed the server's answer before using it. */
export class PerMessageDeflate implements MessageExtension {
  readonly #zlib: Zlib;
  readonly #settings: PerMessageDeflateSettings;
  #sending: DeflateContext | undefined;
  #receiving: InflateContext | undefined;

  /** @param zlib `node:zlib`, or the part of it that is used */
  constructor(zlib: Zlib, options: PerMessageDeflateOptions = {}) {
    this.#zlib = zlib;
    this.#settings = withDefaults(options);
  }

  /**
   * What a client offers. `client_max_window_bits` always: without it a server could not lower ours. What is wished for
   * of the server has the plain extension behind it (RFC 7692 §5.2), since servers that do not know the wish decline.
   */
  get offer(): string {
    const settings = this.#settings;
    const { serverMaxWindowBits, clientMaxWindowBits } = settings;
    const offer = [
      extensionName,
      settings.serverNoContextTakeover && 'server_no_context_takeover',
      settings.clientNoContextTakeover && 'client_no_context_takeover',
      serverMaxWindowBits < 15 && `server_max_window_bits=${serverMaxWindowBits}`,
      clientMaxWindowBits < 15 ? `client_max_window_bits=${clientMaxWindowBits}` : 'client_max_window_bits',
    ]
      .filter((part) => part !== false)
      .join('; ');
    return settings.serverNoContextTakeover || serverMaxWindowBits < 15 ? `${offer}, ${extensionName}` : offer;
  }

  /**
   * Takes the server's answer to `offer`.
   *
   * @throws {Violation} `handshake-extension-syntax`, `handshake-extension`, `handshake-extension-once` or
   *   `handshake-deflate-parameter`
   */
  accept(extensions: string): void {
    const answers = parseExtensionList(extensions);
    const unknown = answers.find(({ name }) => name !== extensionName);
    if (unknown !== undefined) {
      throw new Violation('handshake-extension', `${quote(unknown.name)}; offered: ${extensionName}`, 0);
    }
    if (answers.length > 1) throw new Violation('handshake-extension-once', `it ${answers.length} times`, 0);
    const answer = readParameters(answers[0]!.parameters, false);

    const settings = this.#settings;
    const serverBits = answer.server_max_window_bits ?? 15;
    const clientBits = (answer.client_max_window_bits as number | undefined) ?? settings.clientMaxWindowBits;
    // Whatever the server says of its own side is right: the plain offer, at least, allows it (RFC 7692 §7.1.2.1).
    // RFC 7692 §7.1.2.2: a value that the client offered may be lowered, not raised.
    if (clientBits > settings.clientMaxWindowBits) {
      refuse(`${clientBits}`, `client_max_window_bits is at most ${settings.clientMaxWindowBits}, as offered`);
    }
    this.agree(
      {
        windowBits: clientBits,
        contextTakeover: !(answer.client_no_context_takeover || settings.clientNoContextTakeover),
      },
      { windowBits: serverBits, contextTakeover: !answer.server_no_context_takeover },
    );
  }

  /** Starts both directions with what was agreed on. */
  agree(sending: DeflateDirection, receiving: DeflateDirection): void {
    this.#sending = new DeflateContext(this.#zlib, sending, this.#settings.level);
    this.#receiving = new InflateContext(this.#zlib, receiving);
  }

  compresses(size: number): boolean {
    return size >= this.#settings.threshold;
  }

  deflate(bytes: Uint8Array): Buffer | undefined {
    return this.#sending!.deflate(bytes);
  }

  deflatePiece(bytes: Uint8Array, last: boolean): Buffer {
    return this.#sending!.deflatePiece(bytes, last);
  }

  inflatePieces(source: AsyncIterable<Uint8Array>, offset: number): AsyncIterable<Buffer> {
    return this.#receiving!.inflatePieces(source, offset);
  }

  inflate(bytes: Buffer, maxSize: number, offset: number, budget: Budget): Buffer {
    return this.#receiving!.inflate(bytes, maxSize, offset, budget);
  }
}

/** What a server answers to an offer: the value of its Sec-WebSocket-Extensions, and the extension to use. */
export interface AcceptedOffer {
  readonly response: string;
  readonly extension: PerMessageDeflate;
}

/**
 * A server's side of the negotiation: takes the first offer of permessage-deflate that keeps the rules
 * (RFC 7692 §5.1), with the lower value of what both sides want wherever they differ. An offer without
 * `client_max_window_bits` does not let us limit the client's window (§7.1.2.2); it is taken with 15.
 *
 * @param header the request's Sec-WebSocket-Extensions, all lines joined by commas
 * @returns `undefined` when there is no such offer: the answer then has no Sec-WebSocket-Extensions
 * @throws {Violation} `handshake-extension-syntax`; RFC 6455 §9.1 has the server refuse the handshake
 */
export function acceptOffer(
  header: string,
  zlib: Zlib,
  options: PerMessageDeflateOptions = {},
): AcceptedOffer | undefined {
  for (const { name, parameters } of parseExtensionList(header)) {
    const offer = name === extensionName ? readOffer(parameters) : undefined;
    if (offer !== undefined) return answerOffer(offer, zlib, withDefaults(options));
  }
  return undefined;
}

/** RFC 7692 §7.1: an offer that breaks a rule is declined, and the next one is looked at. */
function readOffer(parameters: readonly ExtensionParameter[]): Parameters | undefined {
  try {
    return readParameters(parameters, true);
  } catch (error) {
    if (error instanceof Violation) return undefined;
    throw error;
  }
}

function answerOffer(offer: Parameters, zlib: Zlib, settings: PerMessageDeflateSettings): AcceptedOffer {
  const serverTakeover = !(offer.server_no_context_takeover || settings.serverNoContextTakeover);
  const clientTakeover = !(offer.client_no_context_takeover || settings.clientNoContextTakeover);
  const serverBits = Math.min(offer.server_max_window_bits ?? 15, settings.serverMaxWindowBits);
  const wanted = offer.client_max_window_bits;
  const clientBits = wanted === undefined ? 15 : Math.min(wanted === true ? 15 : wanted, settings.clientMaxWindowBits);
  const response = [
    extensionName,
    !serverTakeover && 'server_no_context_takeover',
    !clientTakeover && 'client_no_context_takeover',
    (offer.server_max_window_bits !== undefined || serverBits < 15) && `server_max_window_bits=${serverBits}`,
    clientBits < 15 && `client_max_window_bits=${clientBits}`,
  ];
  const extension = new PerMessageDeflate(zlib, settings);
  extension.agree(
    { windowBits: serverBits, contextTakeover: serverTakeover },
    { windowBits: clientBits, contextTakeover: clientTakeover },
  );
  return { response: response.filter((part) => part !== false).join('; '), extension };
}
