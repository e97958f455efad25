/** Looks at a page in headless Chromium, where that is installed: what a reader sees, as numbers. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

export interface Look {
  /** CSS pixels. */
  readonly width: number;
  readonly dark: boolean;
}

/** What is too wide depends on the width, what is too faint on the scheme: each once. */
export const looks: readonly Look[] = [
  { width: 390, dark: false },
  { width: 1280, dark: true },
];

/**
 * Runs an expression in a page that is shown with that width and colour scheme.
 *
 * @param expression of JavaScript; `window` and `document` are the page's
 * @returns its value
 */
export async function look<T>(page: string, { width, dark }: Look, expression: string): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-page-'));
  // The frame has the width exactly; a window may not be as narrow.
  const attribute = page.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const frame = `<body style="color-scheme: ${dark ? 'dark' : 'light'}"><iframe width="${width}" height="900" srcdoc="${attribute}"></iframe>
<script>onload = () => {
  const window = document.querySelector('iframe').contentWindow;
  document.body.textContent = '<<' + encodeURIComponent(JSON.stringify(((window, document) => ${expression})(window, window.document))) + '>>';
}</script>`;
  try {
    const file = path.join(folder, 'page.html');
    writeFileSync(file, frame);
    const { stdout } = await promisify(execFile)(
      chromium!,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${path.join(folder, 'profile')}`,
        `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
        '--dump-dom',
        `file://${file}`,
      ],
      { timeout: 60_000 },
    );
    return JSON.parse(decodeURIComponent(/&lt;&lt;(.*)&gt;&gt;/.exec(stdout)![1]!)) as T;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
