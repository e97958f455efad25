/** Challenges of WWW-Authenticate and Proxy-Authenticate (RFC 9110 §11.6.1). */

/** The elements of a list in which strings are quoted; a string without an end goes on to the end. */
const listElement = /(?:[^",]|"(?:[^"\\]|\\.?)*(?:"|$))+/gs;

/** A scheme: a token that is alone or followed by white space, and by no `=`, which would make it a parameter. */
const scheme = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:[ \t]*$|[ \t]+(?![ \t]*=))/;

/**
 * The schemes that a server offers, in its order and spelling.
 *
 *     NTLM, Basic realm="a, b", charset="UTF-8"   ->   NTLM, Basic
 *
 * @param values of the field, one a line
 */
export function challengeSchemes(values: readonly string[]): string[] {
  const elements = values.flatMap((value) => value.match(listElement) ?? []);
  return elements.flatMap((element) => scheme.exec(element)?.[1] ?? []);
}
