/** Where the packed package's specs run: they import what a user gets. */
import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { consumer, root } from '../packed/package.js';

/** What specs read besides code. */
const data = ['lib/README.md', 'spec/api/document', 'spec/kit/program', 'spec/recipes', 'spec/trace/transcripts'];

/** @returns the folder of the unpacked package, with the compiled specs beside its `dist/lib` */
export async function placeSpecs(): Promise<string> {
  const folder = await consumer();
  const place = join(folder, 'packed');
  renameSync(join(folder, 'node_modules/ohos-websocket'), place);
  cpSync(join(root, 'dist/spec'), join(place, 'dist/spec'), {
    recursive: true,
    filter: (name) => !/\.(map|d\.ts)$/.test(name),
  });
  for (const name of data) {
    cpSync(join(root, name), join(place, name), { recursive: true });
  }
  return place;
}
