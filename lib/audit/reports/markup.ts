/** Text for HTML and XML, contents and attribute values alike. */
import { printable } from '../../protocol/printable.js';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * The text with everything escaped that markup, or what comes from a server, could do. Line feeds stay; U+FFFE and
 * U+FFFF, which XML 1.0 §2.2 does not know, become U+FFFD.
 */
export function escapeMarkup(text: string): string {
  const lines = text.split('\n').map((line) => printable(line));
  return lines
    .join('\n')
    .replace(/[&<>"']/g, (char) => entities[char]!)
    .replace(/[\ufffe\uffff]/g, '\ufffd');
}
