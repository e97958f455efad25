/** What is wrong with a client's opening request (RFC 6455 §4.1). */
import { parseExtensionList } from '../protocol/handshake/extension-list.js';
import { isToken, listElements } from '../protocol/http/field.js';
import type { Head } from '../protocol/http/head.js';
import { type ObservedRuleId, observedRules } from '../protocol/observed-rules.js';
import { quote, quoteAll } from '../protocol/printable.js';
import { Violation } from '../protocol/rules.js';
import type { BrokenRule } from './frame-reader.js';

/** Whether a request asks for a WebSocket, well or badly; others are plain HTTP, to which these rules say nothing. */
export function asksForWebSocket(head: Head): boolean {
  return (
    head.tokens('upgrade').includes('websocket') ||
    head.fields.some(([name]) => name.toLowerCase().startsWith('sec-websocket-'))
  );
}

/** Every rule that the request breaks. */
export function requestFaults(head: Head): BrokenRule[] {
  const faults: BrokenRule[] = [];
  const broke = (id: ObservedRuleId, got: string): void => {
    faults.push({ rule: observedRules[id], expected: observedRules[id].demand, got, offset: 0 });
  };
  const [method = '', target = '', version = '', ...rest] = head.startLine.split(' ');
  const [, major, minor] = /^HTTP\/(\d)\.(\d)$/.exec(version) ?? [];
  if (!isToken(method) || target === '' || rest.length > 0 || major === undefined) {
    broke('request-line', 'another line');
  } else {
    if (method !== 'GET') broke('request-method', quote(method));
    if (Number(major) < 1 || (major === '1' && minor === '0')) broke('request-http-version', version);
  }
  const hosts = head.values('host').length;
  if (hosts !== 1) broke('request-host', `${hosts}`);
  if (!head.tokens('upgrade').includes('websocket')) broke('request-upgrade', quoteAll(head.values('upgrade')));
  if (!head.tokens('connection').includes('upgrade')) broke('request-connection', quoteAll(head.values('connection')));
  const keys = head.values('sec-websocket-key');
  if (keys.length !== 1) broke('request-key', `${keys.length}`);
  else if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(keys[0]!)) broke('request-key', quote(keys[0]!));
  const versions = head.values('sec-websocket-version');
  if (versions.length !== 1 || versions[0] !== '13') broke('request-version', quoteAll(versions));
  checkLists(head, broke);
  return faults;
}

function checkLists(head: Head, broke: (id: ObservedRuleId, got: string) => void): void {
  const names = head.values('sec-websocket-protocol').flatMap(listElements);
  // Which one is not shown: some servers take a credential there.
  if (!names.every(isToken)) broke('request-subprotocols', 'one that is not a token');
  else if (new Set(names).size < names.length) broke('request-subprotocols', 'one twice');
  const extensions = head.values('sec-websocket-extensions');
  if (extensions.length === 0) return;
  try {
    parseExtensionList(extensions.join(', '));
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    broke('request-extensions', error.got);
  }
}
