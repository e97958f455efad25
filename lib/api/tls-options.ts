/** The options about TLS: whom to trust, who we are, what is acceptable. */

import { addressFamily } from '../transport/dial/host.js';
import type { PemText } from '../transport/tls/client-cert.js';
import type { TlsPlan } from '../transport/tls/credentials.js';
import type { ClientCertPlan } from '../transport/tls/files.js';
import { checkType, type OptionReader, readOwn, typeName } from './arguments.js';
import { parameterError } from './errors.js';

/** @throws {BusinessError} 401 for a wrong type or form */
export function readTls(options: OptionReader): TlsPlan {
  const ca = readAuthoritiesGiven(options.any('ca'));
  const servername = readServername(options);
  return {
    caPath: options.take('caPath', 'string') || undefined,
    ...(ca === undefined ? {} : { ca }),
    clientCert: readClientCert(options.take('clientCert', 'object')),
    skipServerCertVerification: options.take('skipServerCertVerification', 'boolean') ?? false,
    minSupportTlsProtocol: readTlsProtocol(options),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** Bytes are copied: the program may change them. */
function readPem(given: unknown, name: string): PemText | undefined {
  if (given === undefined || typeof given === 'string') return given;
  if (ArrayBuffer.isView(given)) {
    return new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice();
  }
  throw parameterError(`${name} must be PEM, as a string or as bytes, got ${typeName(given)}.`);
}

function readAuthoritiesGiven(given: unknown): PemText[] | undefined {
  if (given === undefined) return undefined;
  return (Array.isArray(given) ? given : [given]).map((one, index) => {
    const pem = readPem(one, Array.isArray(given) ? `ca[${index}]` : 'ca');
    if (pem === undefined) throw parameterError(`ca[${index}] must be PEM, as a string or as bytes, got undefined.`);
    return pem;
  });
}

function readClientCert(given: Record<string, unknown> | undefined): ClientCertPlan | undefined {
  if (given === undefined) return undefined;
  const half = (name: 'cert' | 'key'): { path: string; pem: PemText | undefined } => ({
    path: checkType(readOwn(given, `${name}Path`), `clientCert.${name}Path`, 'string') ?? '',
    pem: readPem(readOwn(given, name), `clientCert.${name}`),
  });
  const [cert, key] = [half('cert'), half('key')];
  const keyPassword = checkType(readOwn(given, 'keyPassword'), 'clientCert.keyPassword', 'string');
  for (const [name, { path, pem }] of Object.entries({ cert, key })) {
    if (path !== '' && pem !== undefined) {
      throw parameterError(`clientCert must have ${name} or ${name}Path, not both of them.`);
    }
  }
  const [hasCert, hasKey] = [cert, key].map(({ path, pem }) => path !== '' || pem !== undefined);
  if (!hasCert && !hasKey) return undefined;
  if (!hasCert || !hasKey) {
    throw parameterError('clientCert must have both certPath and keyPath, or neither of them; cert and key hold PEM.');
  }
  return {
    ...(cert.pem === undefined ? { certPath: cert.path } : { cert: cert.pem }),
    ...(key.pem === undefined ? { keyPath: key.path } : { key: key.pem }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  };
}

function readServername(options: OptionReader): string | undefined {
  const name = options.take('servername', 'string');
  if (name === undefined || name === '') return name;
  if (addressFamily(name) !== 0)
    throw parameterError('servername must be a host name, got an IP address: SNI has none (RFC 6066).');
  if (!/^[\w.-]+$/.test(name))
    throw parameterError('servername must be a host name in ASCII, without a port, got other text.');
  return name.replace(/\.$/, '');
}

function readTlsProtocol(options: OptionReader): 0 | 1 | 2 | 3 | undefined {
  const version = options.take('minSupportTlsProtocol', 'number');
  if (version === undefined || version === 0 || version === 1 || version === 2 || version === 3) return version;
  throw parameterError(`minSupportTlsProtocol must be one of webSocket.TlsProtocol (0 to 3), got ${version}.`);
}
