/** Text that names options as data: each facade spells them in its own way. */

/** Options of a connection that a failure may be about, by their names in a plan. */
export type OptionName =
  | 'caPath'
  | 'ca'
  | 'clientCert'
  | 'clientCert.cert'
  | 'clientCert.key'
  | 'clientCert.certPath'
  | 'clientCert.keyPath'
  | 'clientCert.keyPassword'
  | 'minSupportTlsProtocol'
  | 'maxUrlLength'
  | 'connection'
  | 'maxRedirects'
  | 'proxy'
  | "proxy: 'no-proxy'"
  | LimitName;

/** Options that limit a time. */
export type LimitName = 'handshakeTimeout' | 'pongTimeout' | 'closeTimeout';

/** Text whose options are named by whoever shows it. */
export type Sentence = readonly (string | { readonly option: OptionName })[];

/** An option, to stand in a `sentence`. */
export function option(name: OptionName): { readonly option: OptionName } {
  return { option: name };
}

/** Template tag: text, numbers, options and other sentences in one. */
export function sentence(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Sentence | { readonly option: OptionName })[]
): Sentence {
  const parts: (string | { readonly option: OptionName })[] = [];
  for (const [index, text] of texts.entries()) {
    const value = values[index];
    if (text !== '') parts.push(text);
    if (typeof value === 'number') parts.push(String(value));
    else if (Array.isArray(value)) parts.push(...(value as Sentence));
    else if (value !== undefined) parts.push(value as string | { readonly option: OptionName });
  }
  return parts;
}

/** @param nameOf how an option is called there; default: as in a plan, which is as in the API */
export function spell(text: Sentence, nameOf: (option: OptionName) => string = (name) => name): string {
  return text.map((part) => (typeof part === 'string' ? part : nameOf(part.option))).join('');
}
