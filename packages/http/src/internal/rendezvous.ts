/** FNV-1a over UTF-16 code units, mixed: equal in every process. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** MurmurHash3's finalizer. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The owner of a key: the node with the highest random weight, `except` left out. A node that comes or goes moves only
 * the keys that it gains or had. Undefined when there is no node. Thaler & Ravishankar, 1998.
 */
export function ownerOf<Node extends { readonly hash: number }>(
  keyHash: number,
  nodes: readonly Node[],
  except?: Node | undefined,
): Node | undefined {
  let owner: Node | undefined;
  let highest = -1;
  for (const node of nodes) {
    if (node === except) continue;
    const weight = mix(keyHash ^ node.hash);
    if (weight <= highest) continue;
    highest = weight;
    owner = node;
  }
  return owner;
}
