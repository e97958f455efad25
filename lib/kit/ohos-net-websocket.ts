/** What `import webSocket from '@ohos.net.webSocket'` gives; see `register.ts`. */
export * as default from './platform-namespace.js';
export * as webSocket from './platform-namespace.js';
