/** Every rule of the opening handshake that a server's response breaks, and what it comes to without them. */
import { checkHandshakeResponse, type HandshakeResult, handshakeAccept } from '../protocol/handshake/client.js';
import type { Field } from '../protocol/http/field.js';
import { listElements } from '../protocol/http/field.js';
import { Head, type StatusLine } from '../protocol/http/head.js';
import { type RuleId, Violation } from '../protocol/rules.js';

/** What stands in the place of a field that breaks a rule, so that the next one shows; none: it is left out. */
const repairedFields: Readonly<Partial<Record<RuleId, readonly [name: string, value?: string]>>> = {
  'handshake-upgrade': ['Upgrade', 'websocket'],
  'handshake-connection': ['Connection', 'Upgrade'],
  'handshake-extension-syntax': ['Sec-WebSocket-Extensions'],
  'handshake-extension': ['Sec-WebSocket-Extensions'],
  'handshake-subprotocol-once': ['Sec-WebSocket-Protocol'],
  'handshake-subprotocol': ['Sec-WebSocket-Protocol'],
};

/**
 * Judges a 101.
 *
 * @param request the head of the client's request
 * @param broke is called for each rule
 */
export function judgeResponse(
  status: StatusLine,
  response: Head,
  request: Head,
  broke: (violation: Violation) => void,
): HandshakeResult {
  const key = request.values('sec-websocket-key')[0] ?? '';
  const asked = {
    host: '',
    resource: '',
    fields: [],
    subprotocols: request.values('sec-websocket-protocol').flatMap(listElements),
    extensions: request.values('sec-websocket-extensions').join(', '),
  };
  let head = response;
  let line = status;
  for (;;) {
    try {
      return checkHandshakeResponse(line, head, asked, key);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      broke(error);
      const { id } = error.rule;
      if (id === 'handshake-http-version') line = { ...line, version: '1.1' };
      else if (id === 'handshake-accept-once' || id === 'handshake-accept')
        head = replaceField(head, ['Sec-WebSocket-Accept', handshakeAccept(key)]);
      else head = replaceField(head, repairedFields[id]!);
    }
  }
}

function replaceField(head: Head, [name, value]: readonly [name: string, value?: string]): Head {
  const others = head.fields.filter((field) => field[0].toLowerCase() !== name.toLowerCase());
  const fields: Field[] = value === undefined ? others : [...others, [name, value]];
  return new Head(head.startLine, fields, head.size, head.lenient);
}
