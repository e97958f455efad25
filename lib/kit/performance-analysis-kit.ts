/** What `import { hilog } from '@kit.PerformanceAnalysisKit'` gives; see `register.ts`. The other names are placeholders. */
import { type NotHere, placeholder } from './placeholder.js';

export { hilog } from './hilog.js';

const notHere = (name: string): NotHere => placeholder(name, '@kit.PerformanceAnalysisKit');

// Namespaces and objects
export const hiAppEvent = notHere('hiAppEvent');
export const hiRetrieval = notHere('hiRetrieval');
export const hiSysEvent = notHere('hiSysEvent');
export const hiTraceChain = notHere('hiTraceChain');
export const hiTraceMeter = notHere('hiTraceMeter');
export const hichecker = notHere('hichecker');
export const hidebug = notHere('hidebug');
export const jsLeakWatcher = notHere('jsLeakWatcher');
export const logLibrary = notHere('logLibrary');

// Classes, enums and interfaces: types as well
export const FaultLogExtensionAbility = notHere('FaultLogExtensionAbility');
export type FaultLogExtensionAbility = NotHere;
export const FaultLogExtensionContext = notHere('FaultLogExtensionContext');
export type FaultLogExtensionContext = NotHere;
export const FaultLogger = notHere('FaultLogger');
export type FaultLogger = NotHere;
