/** What the registered status codes of Close frames are called: the IANA registry of RFC 6455 §11.7. */

const names: Readonly<Record<number, string>> = {
  1000: 'normal closure',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no status code received',
  1006: 'abnormal closure',
  1007: 'invalid payload data',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'mandatory extension',
  1011: 'internal error',
  1012: 'service restart',
  1013: 'try again later',
  1014: 'bad gateway',
  1015: 'TLS handshake failed',
  3000: 'unauthorized',
  3003: 'forbidden',
  3008: 'timeout',
};

/** The code, with its name in parentheses when it has one: `1002 (protocol error)`. */
export function describeCloseCode(code: number): string {
  const name = names[code];
  return name === undefined ? String(code) : `${code} (${name})`;
}
