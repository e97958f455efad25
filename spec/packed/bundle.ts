/** The package as programs ship that are bundled: one file, minified. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { esbuild } from './tool.js';

export async function bundle(entry: string, output: string, format: 'esm' | 'cjs' = 'esm'): Promise<string> {
  const args = [entry, '--bundle', '--minify', '--platform=node', `--format=${format}`, '--log-level=error'];
  await promisify(execFile)(await esbuild(), [...args, `--outfile=${output}`]);
  return output;
}
