import type { Client, Link, Received, Target } from '../clients/client.js';

const atOnce = 32;

/** Opens `count` connections, 32 in flight at a time. */
export async function openMany(
  client: Client,
  target: Target,
  count: number,
  received: (link: number) => Received,
): Promise<Link[]> {
  const links: Link[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      links[index] = await client.connect(target, received(index));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return links;
}
