/**
 * `node --import ohos-websocket/register app.mjs`: lets a program import `@kit.NetworkKit`, `@ohos.net.webSocket`,
 * `@kit.BasicServicesKit` and `@ohos.base` as on the platform.
 *
 * With `module.registerHooks` (Node 22.15, 23.5 and later) `require` of these names works as well; before, Node has a
 * documented hook for `import` only.
 */
import * as nodeModule from 'node:module';
import { resolve } from './resolve-hook.js';

type RegisterHooks = (hooks: { resolve: typeof resolve }) => unknown;

const { registerHooks } = nodeModule as { registerHooks?: RegisterHooks };
if (registerHooks !== undefined) registerHooks({ resolve });
else nodeModule.register('./resolve-hook.js', import.meta.url);
