/** What `import { webSocket } from '@kit.NetworkKit'` gives; see `register.ts`. */
export { webSocket } from '../index.js';
