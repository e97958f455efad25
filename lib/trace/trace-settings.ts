/** The environment's variables -> what is traced; a mistake in one of them is one sentence. */
import { quote } from '../protocol/printable.js';
import type { TraceOptions } from './start-trace.js';

/** A variable that says nothing that it can say. The message is a sentence. */
export class TraceSettingError extends Error {
  override readonly name = 'TraceSettingError';

  constructor(name: string, expected: string, value: string) {
    super(`${name} must be ${expected}, got ${quote(value)}`);
  }
}

/** @throws {TraceSettingError} */
export function readTraceSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<TraceOptions, 'file' | 'secrets' | 'maxSize' | 'timeOrigin'> {
  const name = 'OHOS_WEBSOCKET_TRACE_LIMIT';
  const limit = environment[name] || undefined;
  const maxSize = limit === undefined ? undefined : Number(limit);
  if (maxSize !== undefined && !(Number.isSafeInteger(maxSize) && maxSize > 0)) {
    throw new TraceSettingError(name, 'a number of bytes, at least 1', limit!);
  }
  return {
    file: environment['OHOS_WEBSOCKET_TRACE'] || undefined,
    secrets: readSwitch(environment, 'OHOS_WEBSOCKET_TRACE_SECRETS'),
    maxSize,
    timeOrigin: readSwitch(environment, 'OHOS_WEBSOCKET_TRACE_CLOCK') ? performance.timeOrigin : undefined,
  };
}

function readSwitch(environment: Readonly<Record<string, string | undefined>>, name: string): boolean {
  const value = environment[name] || '0';
  if (value !== '0' && value !== '1') throw new TraceSettingError(name, '1 or 0', value);
  return value === '1';
}
