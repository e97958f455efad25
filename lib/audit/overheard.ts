/** What a server breaks while another question is put to it: every head and frame of every probe is looked at. */
import { type Buffer, isUtf8 } from 'node:buffer';
import { type FrameHeader, lengthBits } from '../protocol/framing/header.js';
import { isControlOpcode, isReservedOpcode, Opcode } from '../protocol/framing/opcode.js';
import { handshakeAccept } from '../protocol/handshake/client.js';
import { type Field, listElements } from '../protocol/http/field.js';
import type { Head, StatusLine } from '../protocol/http/head.js';
import { quoteAll } from '../protocol/printable.js';

/** A rule that was broken beside the question. */
export interface OverheardFault {
  /** The probe that asks about this rule. */
  readonly rule: string;
  /** What came, as a sentence fragment. */
  readonly got: string;
}

const RSV1 = 4;

type Frame = Readonly<FrameHeader> & { readonly payload: Buffer };

/** What no frame of a server's may be, whatever was agreed on: by the probe that asks about it. */
export const ownFrameFaults = {
  'frame-own-unmasked': ({ masked }: Frame) => (masked ? 'a masked frame' : undefined),
  'frame-own-opcode': ({ opcode }: Frame) =>
    isReservedOpcode(opcode) ? `a frame with opcode 0x${opcode.toString(16)}` : undefined,
  'frame-own-length': (frame: Frame) =>
    frame.lengthBits === lengthBits(frame.length)
      ? undefined
      : `a length of ${frame.length} in ${frame.lengthBits} bits`,
  'frame-own-control': ({ opcode, fin, length }: Frame) =>
    isControlOpcode(opcode) && (!fin || length > 125)
      ? `a control frame of ${length} bytes with FIN ${Number(fin)}`
      : undefined,
};

/** The ear on one connection to a server. */
export class Overhearing {
  readonly faults: OverheardFault[] = [];
  #request: readonly Field[] = [];
  #isUsual = false;
  #isCompressing = false;
  #isInMessage = false;
  #closed = false;

  sentRequest(line: string, fields: readonly Field[]): void {
    this.#request = fields.map(([name, value]) => [name.toLowerCase(), value]);
    const one = (name: string, form: RegExp): boolean => {
      const values = this.#sent(name);
      return values.length === 1 && form.test(values[0]!);
    };
    this.#isUsual =
      line.endsWith(' HTTP/1.1') &&
      one('upgrade', /^websocket$/i) &&
      one('connection', /^upgrade$/i) &&
      one('sec-websocket-key', /^[\w+/]{22}==$/) &&
      one('sec-websocket-version', /^13$/);
  }

  /** What opens the connection, as the answer to a usual request; the probes themselves judge what others get. */
  receivedHead({ status, version }: StatusLine, head: Head): void {
    this.#isCompressing = head.values('sec-websocket-extensions').some((one) => /^\s*permessage-deflate\b/i.test(one));
    if (status !== 101 || !this.#isUsual) return;
    if (version !== '1.1') this.#add('handshake-status', `HTTP/${version} 101`);
    if (head.tokens('upgrade').join() !== 'websocket')
      this.#add('handshake-upgrade', `Upgrade: ${quoteAll(head.values('upgrade'))}`);
    if (!head.tokens('connection').includes('upgrade'))
      this.#add('handshake-connection', `Connection: ${quoteAll(head.values('connection'))}`);
    const [key = ''] = this.#sent('sec-websocket-key');
    const accept = head.values('sec-websocket-accept');
    if (accept.join() !== handshakeAccept(key))
      this.#add('handshake-accept', `Sec-WebSocket-Accept: ${quoteAll(accept)}`);
    for (const name of ['content-length', 'transfer-encoding'])
      if (head.values(name).length > 0) this.#add('handshake-no-body', `101 with ${name}`);
    this.#hearChoices(head);
  }

  #hearChoices(head: Head): void {
    const chosen = head.values('sec-websocket-protocol');
    const offered = this.#sent('sec-websocket-protocol').flatMap(listElements);
    if (chosen.length > 1 || chosen.some((one) => one !== '' && !offered.includes(one)))
      this.#add(
        offered.length === 0 ? 'handshake-protocol-unoffered' : 'handshake-protocol',
        `Sec-WebSocket-Protocol: ${quoteAll(chosen)}`,
      );
    const extensions = head.values('sec-websocket-extensions');
    if (extensions.length > 0 && this.#sent('sec-websocket-extensions').length === 0)
      this.#add('handshake-extension-unoffered', `Sec-WebSocket-Extensions: ${quoteAll(extensions)}`);
  }

  receivedFrame(frame: Frame): void {
    for (const [rule, faultOf] of Object.entries(ownFrameFaults)) {
      const got = faultOf(frame);
      if (got !== undefined) this.#add(rule, got);
    }
    const { opcode } = frame;
    const isControl = isControlOpcode(opcode);
    this.#hearBits(frame, isControl);
    if (opcode === Opcode.close) this.#closed = true;
    if (isControl || isReservedOpcode(opcode)) return;
    if (this.#closed) this.#add('close-last', 'a data frame after its Close frame');
    this.#hearMessage(frame);
  }

  #hearBits({ rsv, opcode }: Frame, isControl: boolean): void {
    if (rsv === 0) return;
    const isFirst = !isControl && opcode !== Opcode.continuation;
    if (this.#isCompressing && rsv === RSV1 && isFirst) return;
    const got = `reserved bits ${rsv.toString(2).padStart(3, '0')} on opcode ${opcode}`;
    this.#add(this.#isCompressing ? 'deflate-own-rsv' : 'frame-own-rsv', got);
  }

  /** There is no probe of its own for how a server puts its messages together. */
  #hearMessage({ opcode, fin, rsv, payload }: Frame): void {
    if ((opcode === Opcode.continuation) !== this.#isInMessage)
      this.#add(
        'message-own-fragments',
        this.#isInMessage ? 'a message inside another one' : 'a continuation of nothing',
      );
    if (opcode === Opcode.text && rsv === 0 && fin && !isUtf8(payload))
      this.#add('utf8-own-text', 'a text message that is not UTF-8');
    this.#isInMessage = !fin;
  }

  #sent(name: string): string[] {
    return this.#request.flatMap(([given, value]) => (given === name ? [value] : []));
  }

  /** Once for each rule. */
  #add(rule: string, got: string): void {
    if (!this.faults.some((fault) => fault.rule === rule)) this.faults.push({ rule, got });
  }
}
