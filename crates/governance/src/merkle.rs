//! Merkle trees as RFC 9162, 2.1 has them: a few hashes show that a leaf is in a tree, whatever else is.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// Hashes a leaf; the prefix keeps it from being taken for a node.
fn leaf(data: &[u8]) -> Digest {
    Digest::of(&[&[0], data].concat())
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([1]).chain_update(left.as_bytes()).chain_update(right.as_bytes()).finalize();
    Digest::from(<[u8; 32]>::from(hash))
}

/// A tree, every level of it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// From the hashes of the leaves up to the root. A last node without a partner stands on the next level as it is.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Builds the tree of these leaves, in this order.
    pub fn new<L: AsRef<[u8]>>(leaves: &[L]) -> Self {
        let mut levels = vec![leaves.iter().map(|data| leaf(data.as_ref())).collect::<Vec<_>>()];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let pairs = level.chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                alone => alone[0],
            });
            levels.push(pairs.collect());
        }
        Self { levels }
    }

    /// The root: MTH of 2.1.1.
    pub fn root(&self) -> Digest {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_else(|| Digest::of(b""))
    }

    /// The path from a leaf, counted from 0, to the root: PATH of 2.1.3.1. None of a leaf that the tree does not have.
    pub fn path(&self, mut index: usize) -> Option<Vec<Digest>> {
        self.levels.first()?.get(index)?;
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(index ^ 1));
            index >>= 1;
        }
        Some(path)
    }
}

/// Whether the path shows that a tree of this root and so many leaves has this one at `index`, counted from 0: the check
/// of 2.1.3.2. The number of leaves must come from whoever vouches for the root: trees of different sizes can have the
/// same way from a leaf to the root.
pub fn includes(root: Digest, size: u64, index: u64, data: &[u8], path: &[Digest]) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf(data));
    for sibling in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The leaves and roots that implementations of Certificate Transparency are tested with.
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
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

    fn vectors() -> Vec<Vec<u8>> {
        LEAVES.iter().map(|text| hex::decode(text).expect("hexadecimal digits")).collect()
    }

    #[test]
    fn the_roots_are_those_of_the_known_vectors() {
        let leaves = vectors();
        for (size, root) in ROOTS.iter().enumerate() {
            assert_eq!(Tree::new(&leaves[..size]).root().to_string(), *root, "{size} leaves");
        }
    }

    /// The paths that RFC 9162, 2.1.5 shows for a tree of seven leaves, in terms of its nodes.
    #[test]
    fn the_paths_are_those_of_the_rfc() {
        let leaves = vectors();
        let sub = |range: std::ops::Range<usize>| Tree::new(&leaves[range]).root();
        let tree = Tree::new(&leaves[..7]);
        assert_eq!(tree.path(0), Some(vec![sub(1..2), sub(2..4), sub(4..7)]));
        assert_eq!(tree.path(3), Some(vec![sub(2..3), sub(0..2), sub(4..7)]));
        assert_eq!(tree.path(4), Some(vec![sub(5..6), sub(6..7), sub(0..4)]));
        assert_eq!(tree.path(6), Some(vec![sub(4..6), sub(0..4)]));
        assert_eq!(tree.path(7), None);
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_shown_to_be_in_it_and_nowhere_else() {
        let leaves: Vec<_> = (0..40_u8).map(|number| [number]).collect();
        for size in 1..leaves.len() {
            let tree = Tree::new(&leaves[..size]);
            for (index, data) in leaves[..size].iter().enumerate() {
                let path = tree.path(index).expect("a path");
                for other in 0..=size {
                    let holds = includes(tree.root(), size as u64, other as u64, data, &path);
                    assert_eq!(holds, other == index, "leaf {index} of {size}, taken for {other}");
                }
                // Whatever number of leaves makes for a way of another length.
                assert!(!includes(tree.root(), 4 * size as u64 + 1, index as u64, data, &path));
            }
        }
    }

    proptest! {
        #[test]
        fn no_other_leaf_path_or_root_is_taken(
            size in 1_usize..300, index in 0_usize..300, other in any::<[u8; 32]>(), change in 0_usize..20, bit in 0_usize..8,
        ) {
            let leaves: Vec<_> = (0..size).map(|number| Digest::of(&number.to_be_bytes())).collect();
            let (index, tree) = (index % size, Tree::new(&leaves));
            let (root, path) = (tree.root(), tree.path(index).expect("a path"));
            let holds = |root, at: usize, data: &[u8], path: &[Digest]| includes(root, size as u64, at as u64, data, path);
            prop_assert!(holds(root, index, leaves[index].as_bytes(), &path));
            prop_assert!(!holds(root, index, &other, &path));
            prop_assert!(!holds(Digest::from(other), index, leaves[index].as_bytes(), &path));
            prop_assert!(!holds(root, (index + 1) % (size + 1), leaves[index].as_bytes(), &path));
            let longer = [path.clone(), vec![root]].concat();
            prop_assert!(!holds(root, index, leaves[index].as_bytes(), &longer));
            if let Some((_, shorter)) = path.split_last() {
                prop_assert!(!holds(root, index, leaves[index].as_bytes(), shorter));
                let mut changed = path.clone();
                let place = change % path.len();
                let mut bytes = *changed[place].as_bytes();
                bytes[change] ^= 1 << bit;
                changed[place] = Digest::from(bytes);
                prop_assert!(!holds(root, index, leaves[index].as_bytes(), &changed));
            }
        }
    }
}
