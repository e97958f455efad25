/** What `import util from '@ohos.util'` gives; see `register.ts`. */
export { util, util as default } from './util.js';
