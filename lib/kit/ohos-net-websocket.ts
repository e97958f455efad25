/** What `import webSocket from '@ohos.net.webSocket'` gives; see `register.ts`. */
export { default, webSocket } from '../index.js';
