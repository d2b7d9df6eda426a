//! Work on a few parts at once, with the results in the order of the parts.

/// Gives every part to a thread of its own. One part is worked on by the caller.
pub(crate) fn in_parallel<P: Send, R: Send>(
    parts: impl Iterator<Item = P>,
    work: &(impl Fn(P) -> R + Sync),
) -> Vec<R> {
    let mut parts: Vec<P> = parts.collect();
    let Some(last) = parts.pop() else {
        return Vec::new();
    };
    std::thread::scope(|scope| {
        let started: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || work(part)))
            .collect();
        let last = work(last);
        let joined = started.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        joined.chain([last]).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::in_parallel;

    #[test]
    fn results_come_in_the_order_of_the_parts() {
        assert_eq!(
            in_parallel(0..7, &|part: i32| part * part),
            [0, 1, 4, 9, 16, 25, 36]
        );
        assert!(in_parallel(0..0, &|part: i32| part).is_empty());
    }
}
