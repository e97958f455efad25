/** Credentials of the scheme Basic (RFC 7617), and how a URL spells them. */
import { Buffer } from 'node:buffer';

/** The value of Authorization or Proxy-Authorization, in UTF-8 (RFC 7617 §2.1); none for two empty strings. */
export function basicAuthorization(username: string, password: string): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The text that a percent-encoded part of a URL stands for; one with a `%` that encodes nothing stands for itself. */
export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
