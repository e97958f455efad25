/**
 * The errors that a program sees: `BusinessError` and the table of codes.
 *
 * Source: the error-code tables of `@ohos.net.webSocket` and OpenHarmony's universal error codes (201, 401, 801). Those
 * from 2302004 to 2302007 are a server's: nothing here raises them.
 */

/** Code -> the message that every error of that code starts with. */
export const errorMessages = {
  200: 'Websocket connect failed.',
  201: 'Permission denied.',
  401: 'Parameter error.',
  801: 'Capability not supported.',
  2302001: 'Websocket url error.',
  2302002: 'Websocket certificate file does not exist.',
  2302003: 'Websocket connection already exists.',
  2302004: "Can't listen on the given NIC.",
  2302005: "Can't listen on the given Port.",
  2302006: 'Websocket connection does not exist.',
  2302007: 'Websocket port already occupied.',
  2302998: 'It is not allowed to access this domain.',
  2302999: 'Websocket other unknown error.',
} as const;

/** One of the documented error codes. */
export type ErrorCode = keyof typeof errorMessages;

/** What a server (or a proxy) answered instead of `101 Switching Protocols`. */
export interface FailedResponse {
  /** The HTTP status, e.g. `401`. */
  readonly status: number;
  /** The reason phrase as received, possibly empty. */
  readonly message: string;
  /** Field names in lower case; `set-cookie` is always an array. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The first KiB of the body that arrived together with the head or shortly after it, decoded as UTF-8. */
  readonly body: string;
}

/**
 * The platform's error: an `Error` with a numeric `code` and optional `data`.
 *
 * `JSON.stringify(error)` shows `code`, `message` and `data` (an `Error`'s own `message` is not enumerable, so a plain
 * one would print `{}`). `cause` holds the underlying Node error; `response` what a server answered instead of 101.
 */
export class BusinessError<T = void> extends Error {
  override readonly name: string = 'BusinessError';
  /** One of the documented codes, e.g. `2302999`. */
  readonly code: number;
  /** For the `error` event (code 200): the HTTP status as a string, `'0'` when there was no response. */
  declare readonly data?: T;
  /** What the server answered, when it refused the opening handshake. Not part of the JSON form: it may be private. */
  declare readonly response?: FailedResponse;

  constructor(
    code: number,
    message: string,
    details: { data?: T; cause?: unknown; response?: FailedResponse | undefined } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.data !== undefined) this.data = details.data;
    if (details.response !== undefined) {
      Object.defineProperty(this, 'response', { value: details.response, enumerable: false });
    }
  }

  static {
    // Not declared: an error of the platform's declarations has no such method, and is to be assignable to this type.
    Object.defineProperty(this.prototype, 'toJSON', { value: jsonOf, writable: true, configurable: true });
  }
}

/** What `JSON.stringify` prints of an error. */
function jsonOf(this: BusinessError<unknown>): { code: number; message: string; data?: unknown } {
  return { code: this.code, message: this.message, ...(this.data === undefined ? {} : { data: this.data }) };
}

/**
 * Makes the error of a documented code: its message from the table, then what happened.
 *
 * @param detail what was expected, what came, and what to do; one sentence without the code's own message
 */
export function businessError(
  code: ErrorCode,
  detail?: string,
  more: { cause?: unknown; response?: FailedResponse | undefined } = {},
): BusinessError {
  return new BusinessError(code, withDetail(code, detail), more);
}

/** 401 for an argument or option: `Parameter error. <detail>`. */
export function parameterError(detail: string): BusinessError {
  return businessError(401, detail);
}

/** What the `error` event of a connection that was open says in the place of the message of its code. */
const lost = 'Websocket connection lost.';

/**
 * The `error` event: code 200. For an attempt to connect, `data` is the HTTP status as a string, `'0'` when there was no
 * response; an open connection that is lost has no status, and says that it is lost.
 *
 * @param status of the attempt; `undefined` for a connection that was open
 */
export function errorEvent(
  status: number | undefined,
  detail: string,
  more: { cause?: unknown; response?: FailedResponse | undefined } = {},
): BusinessError<string> {
  const message = withDetail(200, detail, status === undefined ? lost : errorMessages[200]);
  return new BusinessError(200, message, { ...more, data: String(status ?? 0) });
}

/** The table's message, then the detail as a sentence. One about an argument begins with its name, as it is spelled. */
function withDetail(code: ErrorCode, detail: string | undefined, message: string = errorMessages[code]): string {
  if (detail === undefined) return message;
  const sentence = code === 401 ? detail : detail.charAt(0).toUpperCase() + detail.slice(1);
  return `${message} ${sentence}${/[.!?]$/.test(sentence) ? '' : '.'}`;
}
