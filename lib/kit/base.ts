/**
 * The platform's errors and callbacks, which `@kit.BasicServicesKit` and `@ohos.base` export.
 *
 * The callbacks are types. They are values here as well, because a runtime that strips types leaves an
 * `import { AsyncCallback }` in place, and the import of a name that a module does not have is a syntax error.
 */
import type { BusinessError } from '../api/errors.js';
import type * as types from '../api/types.js';

export { BusinessError } from '../api/errors.js';

export type AsyncCallback<T, E = void> = types.AsyncCallback<T, E>;
export const AsyncCallback = undefined;

export type Callback<T> = types.Callback<T>;
export const Callback = undefined;

export type ErrorCallback<T extends Error = BusinessError> = types.ErrorCallback<T>;
export const ErrorCallback = undefined;
