/** A redirect of the opening handshake -> the plan of the next attempt, or why it is not followed. Loaded only when asked for. */
import type { Head } from '../protocol/http/head.js';
import { printable, shorten } from '../protocol/printable.js';
import { isSecretField } from '../protocol/secrets.js';
import { option, type Sentence, sentence } from '../protocol/sentence.js';
import type { ConnectPlan } from './connect-plan.js';
import { parseTarget, type Target, TargetError } from './dial/target.js';

/** Not followed; `forbidden`: the program does not allow this host. */
export interface RedirectStop {
  readonly why: Sentence;
  readonly forbidden: boolean;
}

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return statuses.has(status);
}

/** Fields that are meant for the server that the program named, and for no other. */
const isPrivate = (name: string): boolean => name.toLowerCase() === 'host' || isSecretField(name);

/** The redirects of one attempt to connect. */
export class Redirects {
  readonly #visited: string[] = [];

  /** @param allows whether the program may connect to a host */
  follow(plan: ConnectPlan, head: Head, allows: (host: string) => boolean): ConnectPlan | RedirectStop {
    const { most, maxUrlLength } = plan.redirects!;
    const { target: from } = plan;
    this.#visited.push(urlOf(from));
    if (this.#visited.length > most) return stop(sentence`more than ${most} (${option('maxRedirects')})`);
    const locations = new Set(head.values('location'));
    if (locations.size !== 1)
      return stop([locations.size === 0 ? 'it does not say where to' : 'it names several places']);
    let target: Target;
    try {
      target = locate([...locations][0]!, from, maxUrlLength);
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      return stop(sentence`its place is not the URL of a WebSocket: ${error.sentence}`);
    }
    const where = printable(shorten(urlOf(target).replace(/\?.*/, ''), 200));
    if (from.secure && !target.secure) return stop(sentence`${where} is without TLS`);
    if (this.#visited.includes(urlOf(target))) return stop(sentence`${where} was tried already`);
    if (!allows(target.host)) return { why: sentence`${where} is on a host that is not allowed`, forbidden: true };
    return nextPlan(plan, target) ?? stop(sentence`the way to the server was given, and may not lead to ${where}`);
  }
}

function stop(why: Sentence): RedirectStop {
  return { why, forbidden: false };
}

function urlOf({ secure, hostField, resource }: Target): string {
  return `${secure ? 'wss' : 'ws'}://${hostField}${resource}`;
}

/** @throws {TargetError} */
function locate(location: string, from: Target, maxLength: number): Target {
  if (/[\\\s\0-\x1f\x7f]/.test(location))
    throw new TargetError(['expected no white space, backslash or control character']);
  const base = `${from.secure ? 'https' : 'http'}://${from.hostField}${from.resource}`;
  if (!URL.canParse(location, base)) throw new TargetError(['expected a URL']);
  const { protocol, host, pathname, search } = new URL(location, base);
  // Nothing else: a server must not lead to a socket of this machine.
  if (!/^(?:http|ws)s?:$/.test(protocol)) throw new TargetError(['expected the scheme ws, wss, http or https']);
  // RFC 9110 §10.2.2; user and password of a Location, and its fragment, mean nothing here.
  const scheme = protocol.replace(/^http/, 'ws');
  const target = parseTarget(`${scheme}//${host}${pathname}${search}`, maxLength);
  // The zone of an address, and the path of a socket, are not in a URL.
  return isSameOrigin(target, from) ? { ...from, resource: target.resource } : target;
}

function isSameOrigin(one: Target, other: Target): boolean {
  return one.secure === other.secure && one.hostField === other.hostField && one.port === other.port;
}

/** @returns `undefined` for another server when the program has given the way to the first, or its only connection */
function nextPlan(plan: ConnectPlan, target: Target): ConnectPlan | undefined {
  const { dial, target: from } = plan;
  const isSame = isSameOrigin(target, from);
  const hasOneUse = dial.connection !== undefined && typeof dial.connection !== 'function';
  const isGiven = dial.connection !== undefined || dial.socketPath !== undefined;
  if (hasOneUse || (isGiven && !isSame)) return undefined;
  if (isSame) return { ...plan, target, dial: { ...dial, target } };
  const { clientCert: _identity, servername, ...tls } = dial.tls;
  const keepsName = servername !== undefined && target.host === from.host;
  return {
    ...plan,
    target,
    dial: { ...dial, target, tls: keepsName ? { ...tls, servername } : tls },
    fields: plan.fields.filter(([name]) => !isPrivate(name)),
  };
}
