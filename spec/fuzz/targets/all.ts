import type { Target } from '../fuzzer.js';
import { blocks } from './blocks.js';
import { closeBodies } from './close-bodies.js';
import { extensions } from './extensions.js';
import { heads } from './heads.js';
import { inflating } from './inflating.js';
import { programs } from './programs.js';
import { receiving } from './receiving.js';
import { sending } from './sending.js';
import { transcripts } from './transcripts.js';
import { tunnels } from './tunnels.js';

export const targets: readonly Target[] = [
  receiving,
  sending,
  heads,
  extensions,
  tunnels,
  inflating,
  blocks,
  closeBodies,
  transcripts,
  programs,
];
