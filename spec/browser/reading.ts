/** What a reader needs of a page, as an expression for `look`. */

export interface Reading {
  /** How much wider the page is than its window, in CSS pixels. */
  readonly sideways: number;
  /** The background of the page, as CSS. */
  readonly background: string;
  /** Texts whose contrast is below 4.5 : 1 (WCAG 2.2 §1.4.3). */
  readonly faint: readonly string[];
}

export const reading = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = rgb(window.getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, 4);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text === '' || !element.checkVisibility() || element.closest('svg, style')) continue;
    const style = window.getComputedStyle(element);
    const [a, b] = [light(rgb(style.color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5 || style.opacity !== '1') faint.push(text.slice(0, 30) + ' ' + contrast.toFixed(2));
  }
  const root = document.documentElement;
  return {
    sideways: root.scrollWidth - root.clientWidth,
    background: window.getComputedStyle(document.body).backgroundColor,
    faint: [...new Set(faint)],
  };
})()`;
