/** The fields of cookies -> the cookies of a HAR file. Of a field that was blotted out nothing is known, not even a name. */
import type { Field } from '../protocol/http/field.js';

export interface HarCookie {
  readonly name: string;
  readonly value: string;
  readonly path?: string;
  readonly domain?: string;
  /** ISO 8601. */
  readonly expires?: string;
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
}

/** Of the Cookie field of a request (RFC 6265 §5.4). */
export function requestCookies(fields: readonly Field[]): HarCookie[] {
  return valuesOf(fields, 'cookie').flatMap((value) => value.split(';').flatMap((pair) => cookie(pair) ?? []));
}

/** Of the Set-Cookie fields of a response (RFC 6265 §5.2). */
export function responseCookies(fields: readonly Field[]): HarCookie[] {
  return valuesOf(fields, 'set-cookie').flatMap((value) => {
    const [pair, ...attributes] = value.split(';');
    const named = cookie(pair!);
    return named === undefined ? [] : [Object.assign(named, ...attributes.map(attribute)) as HarCookie];
  });
}

function valuesOf(fields: readonly Field[], wanted: string): string[] {
  return fields.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}

function cookie(pair: string): HarCookie | undefined {
  const [name, value] = split(pair);
  return value === undefined || name === '' ? undefined : { name, value };
}

function attribute(text: string): Partial<HarCookie> {
  const [name, value = ''] = split(text);
  switch (name.toLowerCase()) {
    case 'path':
      return { path: value };
    case 'domain':
      return { domain: value };
    case 'expires': {
      const date = new Date(value);
      return Number.isNaN(date.getTime()) ? {} : { expires: date.toISOString() };
    }
    case 'httponly':
      return { httpOnly: true };
    case 'secure':
      return { secure: true };
    default:
      return {};
  }
}

function split(pair: string): [name: string, value: string | undefined] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair.trim(), undefined] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
}
