/** What `import buffer from '@ohos.buffer'` gives; see `register.ts`. */
export { buffer, buffer as default } from './ark-buffer.js';
