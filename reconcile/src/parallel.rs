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

/// Takes the next parts of so many items, one for each thread; fewer where they run out.
pub(crate) fn next_parts<T>(
    waiting: &mut impl Iterator<Item = T>,
    items: usize,
    threads: usize,
) -> Vec<Vec<T>> {
    let parts = (0..threads.max(1)).map(|_| waiting.by_ref().take(items).collect());
    parts.take_while(|part: &Vec<T>| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{in_parallel, next_parts};

    #[test]
    fn parts_hold_every_item_once_and_are_never_empty() {
        let mut waiting = 0..11;
        let mut waves = Vec::new();
        loop {
            let wave = next_parts(&mut waiting, 3, 2);
            if wave.is_empty() {
                break;
            }
            waves.push(wave);
        }
        assert_eq!(
            waves,
            [
                vec![vec![0, 1, 2], vec![3, 4, 5]],
                vec![vec![6, 7, 8], vec![9, 10]]
            ]
        );
        assert_eq!(
            next_parts(&mut (0..2), 3, 0),
            [vec![0, 1]],
            "at least one thread"
        );
    }

    #[test]
    fn results_come_in_the_order_of_the_parts() {
        assert_eq!(
            in_parallel(0..7, &|part: i32| part * part),
            [0, 1, 4, 9, 16, 25, 36]
        );
        assert!(in_parallel(0..0, &|part: i32| part).is_empty());
    }
}
