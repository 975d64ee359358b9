import { type Bytes, fromHex, sha256, toHex } from "./digest";

/** Before a leaf and before a node stand different bytes, so that none is taken for the other (RFC 9162, 2.1.1). */
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

const leaf = (data: Bytes) => sha256(LEAF, data);
const node = (left: Bytes, right: Bytes) => sha256(NODE, left, right);

/** The root of the Merkle tree of these leaves, as RFC 9162, 2.1.1 makes it, in hexadecimal digits. */
export async function rootOf(leaves: Bytes[]): Promise<string> {
  if (leaves.length === 0) return toHex(await sha256(new Uint8Array()));
  let level = await Promise.all(leaves.map(leaf));
  while (level.length > 1) {
    const next: Promise<Bytes>[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = level.slice(at, at + 2);
      // A last node without a partner stands on the next level as it is.
      if (left) next.push(right ? node(left, right) : Promise.resolve(left));
    }
    level = await Promise.all(next);
  }
  return toHex(level[0] ?? new Uint8Array());
}

type Inclusion = {
  root: string;
  /** How many leaves the tree has: it must come from whoever vouches for the root. */
  size: number;
  /** The leaf's place, from 0. */
  index: number;
  leaf: Bytes;
  /** The hashes on the way from the leaf up. */
  path: string[];
};

/** Whether the path shows that the tree has this leaf there: the check of RFC 9162, 2.1.3.2. */
export async function includes({ root, size, index, leaf: data, path }: Inclusion): Promise<boolean> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let [place, last] = [index, size - 1];
  let hash = await leaf(data);
  for (const digits of path) {
    if (last === 0) return false;
    const sibling = fromHex(digits);
    if (place % 2 === 1 || place === last) {
      hash = await node(sibling, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      hash = await node(hash, sibling);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 && toHex(hash) === root;
}
