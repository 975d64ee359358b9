//! Pages that people write and programs renew a part of.

use std::path::Path;

use anyhow::Context;

/// Puts a text between `<!-- PART: begin -->` and `<!-- PART: end -->` of a page, and leaves the rest as it is.
///
/// # Errors
///
/// When the page can't be read or written, or has no such part.
pub fn renew(page: &Path, part: &str, text: &str) -> anyhow::Result<()> {
    let old = std::fs::read_to_string(page).with_context(|| format!("{} can't be read", page.display()))?;
    let new = renewed(&old, part, text).with_context(|| format!("{} has no part {part:?}", page.display()))?;
    std::fs::write(page, new).with_context(|| format!("{} can't be written", page.display()))
}

fn renewed(page: &str, part: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {part}: begin -->"), format!("<!-- {part}: end -->"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::renewed;

    #[test]
    fn a_part_is_renewed_and_the_rest_stays() {
        let page = "# Title\n\n<!-- soak: begin -->\nold\n<!-- soak: end -->\n\nBy hand.\n";
        let new = renewed(page, "soak", "new\n").expect("has the part");
        assert_eq!(new, "# Title\n\n<!-- soak: begin -->\n\nnew\n\n<!-- soak: end -->\n\nBy hand.\n");
        assert_eq!(renewed(&new, "soak", "new").as_ref(), Some(&new), "once more changes nothing");
        assert_eq!(renewed(page, "search", "new"), None);
    }
}
