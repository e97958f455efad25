/** What `import { BusinessError } from '@ohos.base'` gives; see `register.ts`. */
export * from './base.js';
export * as default from './base.js';
