import type { Scope } from '../../peer/scripted.js';
import type { Target } from '../fuzzer.js';
import { type Places, startPlaces } from '../places.js';
import { Program } from '../program.js';

let places: Places | undefined;

export const programs: Target = {
  name: 'programs',
  title: 'programs that call from inside listeners see each call settle once, and each connection close once',
  share: 1,
  async prepare(scope: Scope) {
    places = await startPlaces(scope);
  },
  run: (random) => new Program(random.next(), places!.all).run(),
};
