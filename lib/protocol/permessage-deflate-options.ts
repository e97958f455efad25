export interface PerMessageDeflateOptions { threshold?: number }
export function checkPerMessageDeflate(_value: unknown): { options: PerMessageDeflateOptions } | { problem: string } { return { problem: 'x' }; }
