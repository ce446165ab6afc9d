//! Presence ids: the lamps of phones that watch something.

/// What Asterisk keeps the state of an id under, as `Stasis:` and this. Hints know no
/// realms; `None` for what is no id.
pub(super) fn lamp(presence_id: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+*".contains(c);
    let name = presence_id.split('@').next().unwrap_or_default().trim();
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::lamp;

    #[test]
    fn a_presence_id_is_one_plain_name_without_its_realm() {
        assert_eq!(lamp("200@example.com"), Some("200"));
        assert_eq!(lamp("*3101"), Some("*3101"));
        for bad in ["", "@example.com", "a b", "a/b", "Custom:x"] {
            assert_eq!(lamp(bad), None, "{bad:?}");
        }
    }
}
