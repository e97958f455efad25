/** What may be a secret, in one place: which fields carry credentials, and how they are blotted out. */

/** A field of a head: name and value. */
type NameValue = readonly [name: string, value: string];

const secretFields: ReadonlySet<string> = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization']);

/** Whether the value of a field carries credentials. The name may have any case. */
export function isSecretField(name: string): boolean {
  return secretFields.has(name.toLowerCase());
}

/** Every visible character of a secret becomes `*`: white space and the length stay, as a replay needs them. */
export function blot(secret: string): string {
  return secret.replace(/[\x21-\x7e\x80-\xff]/g, '*');
}

/** The fields, the values of those that carry credentials blotted out. */
export function blotFields(fields: readonly NameValue[]): NameValue[] {
  return fields.map(([name, value]) => [name, isSecretField(name) ? blot(value) : value]);
}

/** A URL verbatim, but without user name and password. */
export function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/?#]*@/, '$1');
}
