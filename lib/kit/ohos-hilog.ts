/** What `import hilog from '@ohos.hilog'` gives; see `register.ts`. */
export { hilog, hilog as default } from './hilog.js';
