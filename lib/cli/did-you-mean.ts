/** What may have been meant by a word that is none of those that are known. */

/** The known words that the typed one may have been, nearest first; at most three, and mostly none or one. */
export function nearest(typed: string, known: readonly string[]): string[] {
  const word = typed.toLowerCase();
  const most = Math.max(1, Math.floor(word.length / 3));
  const scored = known.flatMap((candidate) => {
    const distance = editDistance(word, candidate.toLowerCase());
    if (distance <= most) return [{ candidate, distance }];
    const isBeginning = word.length >= 3 && candidate.toLowerCase().startsWith(word);
    return isBeginning ? [{ candidate, distance: most + 1 }] : [];
  });
  scored.sort((a, b) => a.distance - b.distance);
  return scored
    .filter(({ distance }) => distance === scored[0]!.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Letters added, left out, changed, or changed places with the next one (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
