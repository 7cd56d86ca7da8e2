//! When to ask again, and after how long. Pure: the clock and the dice are arguments.
//!
//! The rule behind every line: a request that may change something is sent again only when it was surely not
//! processed. Everything else is told to the caller as uncertain.

use std::time::Duration;

use super::answer::Verdict;

/// What sending a request twice means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The second time changes nothing: reads, look-ups, renewals, revocations.
    Repeatable,
    /// The second time may do something again, or hide what the first did.
    Once,
}

/// How one attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// No connection, so no request.
    NotSent,
    /// No connection within the connect timeout, so no request. Another wait of that length would not be bearable.
    ConnectTimedOut,
    /// Nothing was sent, and trying again does not change that: the TLS handshake failed, or no header can hold a text.
    Unsendable,
    /// The connection broke after the request, or in the middle of the answer.
    Lost,
    /// No answer within the request timeout.
    TimedOut,
    /// The answer is larger than what is read.
    TooLarge,
    /// An answer.
    Answered(Verdict),
}

/// The configured bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Further tries after a connection error or a server error; 0 also switches off waiting for a sealed server and
    /// for a rate limit.
    pub(crate) retries: u32,
    /// Further tries on a node that is behind.
    pub(crate) consistency_retries: u32,
}

/// What has been spent on one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) transient: u32,
    pub(crate) not_yet: u32,
    pub(crate) busy: u32,
    pub(crate) waiting: u32,
    pub(crate) elapsed: Duration,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The answer is the result.
    Finish,
    /// Ask again after a pause of this kind.
    Retry(Pause),
    /// Stop. `uncertain`: the request may have been done.
    GiveUp { uncertain: bool },
}

/// The kinds of pause, shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    NotYet,
    Waiting,
    Busy,
    Transient,
}

/// Decides after an attempt.
pub(crate) fn decide(attempt: Attempt, effect: Effect, tally: &Tally, limits: Limits) -> Decision {
    let certain = Decision::GiveUp { uncertain: false };
    let uncertain = Decision::GiveUp {
        uncertain: effect == Effect::Once,
    };
    let retry_if = |allowed: bool, pause: Pause, otherwise: Decision| {
        if allowed { Decision::Retry(pause) } else { otherwise }
    };
    let again = tally.transient < limits.retries;
    match attempt {
        Attempt::NotSent => retry_if(again, Pause::Transient, certain),
        Attempt::ConnectTimedOut | Attempt::Unsendable => certain,
        Attempt::Lost => retry_if(again && effect == Effect::Repeatable, Pause::Transient, uncertain),
        Attempt::TimedOut | Attempt::TooLarge => uncertain,
        Attempt::Answered(verdict) => match verdict {
            Verdict::Done | Verdict::Absent => Decision::Finish,
            Verdict::NotYet => retry_if(tally.not_yet < limits.consistency_retries, Pause::NotYet, certain),
            Verdict::Busy => {
                let allowed = limits.retries > 0 && tally.busy < BUSY_RETRIES && tally.elapsed < BUSY_TIME;
                retry_if(allowed, Pause::Busy, certain)
            }
            Verdict::Waiting(_) => retry_if(limits.retries > 0 && tally.elapsed < WAIT_TIME, Pause::Waiting, certain),
            Verdict::Broken => retry_if(again && effect == Effect::Repeatable, Pause::Transient, uncertain),
            Verdict::Refused(_) => certain,
        },
    }
}

impl Tally {
    /// Counts a retry and tells how many of its kind there were before.
    pub(crate) fn count(&mut self, pause: Pause) -> u32 {
        let counter = match pause {
            Pause::NotYet => &mut self.not_yet,
            Pause::Waiting => &mut self.waiting,
            Pause::Busy => &mut self.busy,
            Pause::Transient => &mut self.transient,
        };
        let before = *counter;
        *counter = before.saturating_add(1);
        before
    }
}

/// How long to pause before retry number `nth` (from 0). `dice` spreads clients that were turned away together.
pub(crate) fn pause_length(pause: Pause, nth: u32, retry_after: Option<Duration>, dice: u64) -> Duration {
    let (base, cap) = match pause {
        Pause::NotYet => (Duration::from_millis(40), Duration::from_secs(1)),
        Pause::Waiting => (Duration::from_millis(250), Duration::from_secs(2)),
        Pause::Busy => (Duration::from_millis(250), Duration::from_secs(5)),
        Pause::Transient => (Duration::from_millis(500), Duration::from_secs(5)),
    };
    if pause == Pause::Busy
        && let Some(asked) = retry_after
    {
        return asked.min(RETRY_AFTER_CAP);
    }
    let full = base.saturating_mul(1_u32.checked_shl(nth).unwrap_or(u32::MAX)).min(cap);
    // Between half of the length and all of it.
    let half = full / 2;
    let spread = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_micros(dice % spread)
}

const BUSY_RETRIES: u32 = 12;
const BUSY_TIME: Duration = Duration::from_secs(60);
const WAIT_TIME: Duration = Duration::from_secs(10);
const RETRY_AFTER_CAP: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::super::failure::FailureKind;
    use super::*;

    const LIMITS: Limits = Limits {
        retries: 2,
        consistency_retries: 10,
    };
    const CERTAIN: Decision = Decision::GiveUp { uncertain: false };
    const UNCERTAIN: Decision = Decision::GiveUp { uncertain: true };

    fn fresh(attempt: Attempt, effect: Effect) -> Decision {
        decide(attempt, effect, &Tally::default(), LIMITS)
    }

    #[test]
    fn a_write_is_sent_again_only_when_it_was_surely_not_processed() {
        let again = [
            (Attempt::NotSent, Pause::Transient),
            (Attempt::Answered(Verdict::NotYet), Pause::NotYet),
            (Attempt::Answered(Verdict::Busy), Pause::Busy),
            (Attempt::Answered(Verdict::Waiting(FailureKind::Sealed)), Pause::Waiting),
            (
                Attempt::Answered(Verdict::Waiting(FailureKind::Standby)),
                Pause::Waiting,
            ),
        ];
        for (attempt, pause) in again {
            assert_eq!(fresh(attempt, Effect::Once), Decision::Retry(pause), "{attempt:?}");
            assert_eq!(
                fresh(attempt, Effect::Repeatable),
                Decision::Retry(pause),
                "{attempt:?}"
            );
        }
        for attempt in [
            Attempt::Lost,
            Attempt::TimedOut,
            Attempt::TooLarge,
            Attempt::Answered(Verdict::Broken),
        ] {
            assert_eq!(fresh(attempt, Effect::Once), UNCERTAIN, "{attempt:?}");
        }
    }

    #[test]
    fn a_read_is_sent_again_after_a_broken_connection_but_not_after_a_timeout() {
        for attempt in [Attempt::Lost, Attempt::Answered(Verdict::Broken)] {
            assert_eq!(
                fresh(attempt, Effect::Repeatable),
                Decision::Retry(Pause::Transient),
                "{attempt:?}"
            );
        }
        for attempt in [
            Attempt::TimedOut,
            Attempt::ConnectTimedOut,
            Attempt::Unsendable,
            Attempt::TooLarge,
        ] {
            assert_eq!(fresh(attempt, Effect::Repeatable), CERTAIN, "{attempt:?}");
        }
    }

    #[test]
    fn a_refusal_is_final_and_a_result_is_a_result() {
        for effect in [Effect::Once, Effect::Repeatable] {
            assert_eq!(
                fresh(Attempt::Answered(Verdict::Refused(FailureKind::Denied)), effect),
                CERTAIN
            );
            assert_eq!(fresh(Attempt::Answered(Verdict::Done), effect), Decision::Finish);
            assert_eq!(fresh(Attempt::Answered(Verdict::Absent), effect), Decision::Finish);
        }
    }

    #[test]
    fn every_kind_of_retry_ends() {
        let kinds = [
            Attempt::NotSent,
            Attempt::Lost,
            Attempt::Answered(Verdict::NotYet),
            Attempt::Answered(Verdict::Busy),
            Attempt::Answered(Verdict::Waiting(FailureKind::Sealed)),
            Attempt::Answered(Verdict::Broken),
        ];
        for attempt in kinds {
            let mut tally = Tally::default();
            let mut tries = 0;
            while let Decision::Retry(pause) = decide(attempt, Effect::Repeatable, &tally, LIMITS) {
                let nth = tally.count(pause);
                tally.elapsed += pause_length(pause, nth, None, u64::MAX);
                tries += 1;
                assert!(tries < 100, "{attempt:?}");
            }
            assert!(
                tally.elapsed < Duration::from_secs(75),
                "{attempt:?} takes {:?}",
                tally.elapsed
            );
        }
    }

    #[test]
    fn a_server_sealed_for_five_seconds_is_waited_for() {
        let tally = Tally {
            elapsed: Duration::from_secs(5),
            waiting: 6,
            ..Tally::default()
        };
        let sealed = Attempt::Answered(Verdict::Waiting(FailureKind::Sealed));
        assert_eq!(
            decide(sealed, Effect::Once, &tally, LIMITS),
            Decision::Retry(Pause::Waiting)
        );
        let tally = Tally {
            elapsed: Duration::from_secs(10),
            ..tally
        };
        assert_eq!(decide(sealed, Effect::Once, &tally, LIMITS), CERTAIN);
    }

    #[test]
    fn no_retries_means_none_but_for_a_node_that_is_behind() {
        let none = Limits {
            retries: 0,
            consistency_retries: 10,
        };
        for attempt in [
            Attempt::NotSent,
            Attempt::Answered(Verdict::Busy),
            Attempt::Answered(Verdict::Broken),
        ] {
            assert!(matches!(
                decide(attempt, Effect::Repeatable, &Tally::default(), none),
                Decision::GiveUp { uncertain: false }
            ));
        }
        assert_eq!(
            decide(
                Attempt::Answered(Verdict::NotYet),
                Effect::Repeatable,
                &Tally::default(),
                none
            ),
            Decision::Retry(Pause::NotYet)
        );
    }

    #[test]
    fn pauses_grow_to_a_cap_and_are_spread() {
        for nth in [0, 1, 5, 31, 32, u32::MAX] {
            for pause in [Pause::NotYet, Pause::Waiting, Pause::Busy, Pause::Transient] {
                let shortest = pause_length(pause, nth, None, 0);
                let longest = pause_length(pause, nth, None, u64::MAX);
                assert!(shortest >= Duration::from_millis(20), "{pause:?} {nth} {shortest:?}");
                assert!(longest <= Duration::from_secs(5), "{pause:?} {nth} {longest:?}");
            }
        }
        assert_ne!(
            pause_length(Pause::Busy, 3, None, 1_000),
            pause_length(Pause::Busy, 3, None, 900_000)
        );
        assert!(pause_length(Pause::Transient, 0, None, 0) < pause_length(Pause::Transient, 3, None, 0));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_pause_up_to_a_cap() {
        let asked = |seconds| pause_length(Pause::Busy, 0, Some(Duration::from_secs(seconds)), 7);
        assert_eq!(asked(2), Duration::from_secs(2));
        assert_eq!(asked(3_600), Duration::from_secs(30));
    }
}
