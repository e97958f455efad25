/** Which handles a spec left behind. */

const kinds = [
  'TCPSocketWrap',
  'TLSWrap',
  'Timeout',
  'GetAddrInfoReqWrap',
  'TCPConnectWrap',
  'ShutdownWrap',
  'WriteWrap',
];

function count(): Record<string, number> {
  const all = process.getActiveResourcesInfo();
  return Object.fromEntries(kinds.map((kind) => [kind, all.filter((name) => name === kind).length]));
}

/** Remembers the handles of now; what it returns says which there are more of, after the turns they need to go. */
export function watchHandles(): () => Promise<string[]> {
  const before = count();
  return async () => {
    let left: string[] = [];
    for (let turn = 0; turn < 50; turn++) {
      const now = count();
      left = kinds.filter((kind) => now[kind]! > before[kind]!);
      if (left.length === 0) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return left;
  };
}
