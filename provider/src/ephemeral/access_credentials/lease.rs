//! The life of a lease as arithmetic: when to renew it, when it ends, what is kept about it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use leastpriv_checks::vet::Date;
use serde_json::{Value, json};

use crate::client::Lease;

/// What is kept between opening and closing. No secret: Terraform holds it in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptLease {
    pub(super) namespace: Option<String>,
    pub(super) id: String,
    /// Mount and role, for messages.
    pub(super) label: String,
    pub(super) ends: SystemTime,
}

impl KeptLease {
    /// Nothing is kept where there is no lease.
    pub(super) fn new(namespace: Option<String>, lease: &Lease, label: String, started: SystemTime) -> Option<Self> {
        (!lease.id.is_empty()).then(|| Self {
            namespace,
            id: lease.id.clone(),
            label,
            ends: end(lease, started),
        })
    }

    /// The same lease after a renewal.
    pub(super) fn extended(&self, lease: &Lease, started: SystemTime) -> Self {
        Self {
            ends: end(lease, started),
            ..self.clone()
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Self {
            namespace,
            id,
            label,
            ends,
        } = self;
        let kept = json!({
            "version": 1,
            "namespace": namespace,
            "lease_id": id,
            "label": label,
            "ends": unix_seconds(*ends),
        });
        kept.to_string().into_bytes()
    }

    /// `None` where nothing was kept.
    pub(super) fn parse(private: &[u8]) -> Option<Self> {
        let kept: Value = serde_json::from_slice(private).ok()?;
        let text = |name: &str| kept.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let seconds = kept.get("ends").and_then(Value::as_u64).unwrap_or_default();
        Some(Self {
            namespace: text("namespace"),
            id: text("lease_id")?,
            label: text("label").unwrap_or_default(),
            ends: UNIX_EPOCH
                .checked_add(Duration::from_secs(seconds))
                .unwrap_or(UNIX_EPOCH),
        })
    }
}

/// What becomes of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It should be renewed at this time.
    RenewAt(SystemTime),
    /// It cannot be renewed.
    Fixed,
    /// It can, but has come so close to its maximum that renewing gains nothing.
    Ending,
}

/// When to renew: after two thirds of the lease or a minute before its end, whichever comes first, but never within the
/// first third, so that a short lease does not make a busy loop.
pub(super) fn life(lease: &Lease, started: SystemTime) -> Life {
    if !lease.renewable || lease.id.is_empty() {
        return Life::Fixed;
    }
    let duration = length(lease);
    if duration < SHORTEST_RENEWED {
        return Life::Ending;
    }
    let wait = (duration / 3 * 2)
        .min(duration.saturating_sub(Duration::from_secs(60)))
        .max(duration / 3);
    started.checked_add(wait).map_or(Life::Fixed, Life::RenewAt)
}

/// When to try again after a renewal that failed: half-way to the end, while that is worth it.
pub(super) fn next_try(at: SystemTime, ends: SystemTime) -> Option<SystemTime> {
    let left = ends.duration_since(at).ok().filter(|left| *left >= SHORTEST_RENEWED)?;
    at.checked_add(left / 2)
}

/// Date and time in UTC, to the second.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let seconds = unix_seconds(time);
    let date = Date::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX).min(LAST_SECOND));
    let of_day = seconds % 86_400;
    format!(
        "{date}T{:02}:{:02}:{:02}Z",
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60
    )
}

fn end(lease: &Lease, started: SystemTime) -> SystemTime {
    started.checked_add(length(lease)).unwrap_or(started)
}

/// A server's nonsense is held within a hundred years, which every clock can add.
fn length(lease: &Lease) -> Duration {
    Duration::from_secs(u64::try_from(lease.duration).unwrap_or(0).min(100 * 366 * 86_400))
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

const SHORTEST_RENEWED: Duration = Duration::from_secs(10);
/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn lease(duration: i64) -> Lease {
        Lease {
            id: "aws/creds/r/x".to_owned(),
            duration,
            renewable: true,
        }
    }

    #[test]
    fn a_lease_is_renewed_after_two_thirds_or_a_minute_before_its_end() {
        let cases = [
            (3_600, 2_400),
            (300, 200),
            (180, 120),
            (150, 90),
            (120, 60),
            (90, 30),
            (60, 20),
            (30, 10),
            (12, 4),
        ];
        for (duration, expected) in cases {
            assert_eq!(
                life(&lease(duration), at(1_000)),
                Life::RenewAt(at(1_000 + expected)),
                "{duration}"
            );
        }
    }

    #[test]
    fn every_renewal_lies_within_the_lease() {
        for duration in 10..4_000 {
            let Life::RenewAt(time) = life(&lease(duration), at(0)) else {
                panic!("{duration}")
            };
            let wait = time.duration_since(at(0)).unwrap().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
            let duration = duration as f64;
            assert!(wait >= duration / 3.0 - 1.0 && wait < duration, "{duration} {wait}");
        }
    }

    #[test]
    fn what_cannot_be_renewed_is_not() {
        assert_eq!(
            life(
                &Lease {
                    renewable: false,
                    ..lease(3_600)
                },
                at(0)
            ),
            Life::Fixed
        );
        assert_eq!(
            life(
                &Lease {
                    id: String::new(),
                    ..lease(3_600)
                },
                at(0)
            ),
            Life::Fixed
        );
        assert_eq!(life(&lease(9), at(0)), Life::Ending);
        assert_eq!(life(&lease(-5), at(0)), Life::Ending);
    }

    #[test]
    fn nonsense_of_server_or_clock_does_not_panic() {
        assert!(matches!(life(&lease(i64::MAX), at(0)), Life::RenewAt(_)));
        let kept = KeptLease::new(None, &lease(i64::MAX), String::new(), at(0)).unwrap();
        assert!(rfc3339(kept.ends).starts_with("20"));
        assert_eq!(next_try(at(10_000), at(0)), None);
        assert_eq!(rfc3339(UNIX_EPOCH - Duration::from_secs(5)), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_failed_renewal_is_tried_again_half_way_to_the_end() {
        assert_eq!(next_try(at(100), at(160)), Some(at(130)));
        assert_eq!(next_try(at(100), at(109)), None);
    }

    #[test]
    fn what_is_kept_comes_back() {
        for namespace in [None, Some("team/a".to_owned())] {
            let kept = KeptLease::new(namespace, &lease(60), "aws/r".to_owned(), at(1_000)).unwrap();
            assert_eq!(KeptLease::parse(&kept.to_bytes()), Some(kept));
        }
        assert_eq!(KeptLease::new(None, &Lease::default(), String::new(), at(0)), None);
        assert_eq!(KeptLease::parse(b""), None);
        assert_eq!(KeptLease::parse(b"{}"), None);
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(rfc3339(at(0)), "1970-01-01T00:00:00Z");
        assert_eq!(
            rfc3339(at(951_782_400 + 3_600 * 23 + 59 * 60 + 58)),
            "2000-02-29T23:59:58Z"
        );
    }
}
