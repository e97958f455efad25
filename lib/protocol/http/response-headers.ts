/** Field names in lower case; `set-cookie` always an array, other repeated fields joined by `, ` (RFC 9110 §5.3). */
export type ResponseHeaders = { [name: string]: string | string[] | undefined };
