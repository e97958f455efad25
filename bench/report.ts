import type { Results } from './results.js';
export function report(_results: Results): string { return ''; }
