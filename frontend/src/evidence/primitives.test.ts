import { describe, expect, it } from "vitest";
import { canonical } from "./canonical";
import { type Bytes, fromHex, sha256, toHex } from "./digest";
import { includes, rootOf } from "./merkle";

/** The leaves and roots that implementations of Certificate Transparency are tested with. */
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

describe("the RFC 8785 form", () => {
  it("sorts members by UTF-16 code units and writes numbers and texts as the RFC's examples do", () => {
    const sorting = { "€": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew", "1": "One", "😀": "Smile", "\u0080": "Control", "ö": "o" };
    expect(canonical(sorting)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"o","€":"Euro Sign","😀":"Smile","\ufb33":"Hebrew"}',
    );
    expect(canonical([333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0])).toBe(
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
    );
    expect(canonical({ b: [{ d: null, c: true }], a: "€$\u000F\nA'B\"\\\\\"/" })).toBe(
      '{"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":[{"c":true,"d":null}]}',
    );
  });
});

describe("the Merkle tree", () => {
  it("has the roots of the known vectors", async () => {
    const leaves = LEAVES.map(fromHex);
    for (const [size, root] of ROOTS.entries()) expect(await rootOf(leaves.slice(0, size))).toBe(root);
  });

  it("shows every leaf of every small tree to be in it and nowhere else", async () => {
    const leaves = Array.from({ length: 12 }, (_, number) => Uint8Array.of(number));
    for (let size = 1; size <= leaves.length; size++) {
      const tree = leaves.slice(0, size);
      const root = await rootOf(tree);
      for (const [index, leaf] of tree.entries()) {
        const path = await pathOf(tree, index);
        for (let other = 0; other <= size; other++) {
          expect(await includes({ root, size, index: other, leaf, path }), `${index} of ${size} at ${other}`).toBe(
            other === index,
          );
        }
        expect(await includes({ root, size, index, leaf, path: [...path, root] })).toBe(false);
        expect(await includes({ root, size, index, leaf: Uint8Array.of(99), path })).toBe(false);
      }
    }
  });
});

/** PATH of RFC 9162, 2.1.3.1, as it is written there. */
async function pathOf(leaves: Bytes[], index: number): Promise<string[]> {
  if (leaves.length === 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...(await pathOf(left, index)), await rootOf(right)]
    : [...(await pathOf(right, index - split)), await rootOf(left)];
}

it("SHA-256 is that of FIPS 180-4's example", async () => {
  expect(toHex(await sha256(Uint8Array.of(0x61), Uint8Array.of(0x62, 0x63)))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
