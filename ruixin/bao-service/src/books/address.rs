//! The address of the books, as the store of keys takes it.

/// Rewrites `schema=…` of an address of PostgreSQL, which the books take, as an option of the
/// server, which the store of keys takes.
pub(super) fn of_keys(address: &str) -> String {
    if !address.starts_with("postgres://") && !address.starts_with("postgresql://") {
        let path = address.strip_prefix("sqlite://").unwrap_or(address);
        return format!("sqlite:{path}");
    }
    let Some((before, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let parts = query
        .split('&')
        .map(|part| match part.strip_prefix("schema=") {
            // An equals sign and quotes within: a name may be a word of SQL, or have capitals.
            Some(schema) => format!("options=-csearch_path%3D%22{schema}%22"),
            None => part.to_owned(),
        });
    let parts: Vec<String> = parts.collect();
    format!("{before}?{}", parts.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_where_the_books_are() {
        let table = [
            ("bao.db", "sqlite:bao.db"),
            ("sqlite:///var/bao.db", "sqlite:/var/bao.db"),
            ("postgres://u:p@h/bao", "postgres://u:p@h/bao"),
            (
                "postgres://u:p@h/bao?schema=bao_1&connect_timeout=3",
                "postgres://u:p@h/bao?options=-csearch_path%3D%22bao_1%22&connect_timeout=3",
            ),
        ];
        for (books, keys) in table {
            assert_eq!(of_keys(books), keys);
        }
    }
}
