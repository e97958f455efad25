import { after, before, describe, it } from 'node:test';
import { watchHandles } from '../faults/handles.js';
import { setting } from './fuzzer.js';
import { type Places, startPlaces } from './places.js';
import { Program } from './program.js';

const seed = setting('FUZZ_SEED') ?? 1;

describe('programs that call from inside listeners', () => {
  let places: Places;
  const ends: (() => Promise<void>)[] = [];
  before(async () => {
    places = await startPlaces({ after: (end) => ends.push(end) });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  it(`see each call settle once and each connection close once, and leave no handle, FUZZ_SEED=${seed}`, async () => {
    const left = watchHandles();
    for (let index = 0; index < 40; index++) await new Program(seed + index, places.all).run();
    await places.idle();
    const handles = await left();
    if (handles.length > 0) throw new Error(`left behind: ${handles.join(', ')}`);
  });
});
