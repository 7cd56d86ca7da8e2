//! Resource patterns: `*`, or an ARN of six fields. In the first five a wildcard stays within its
//! field; in the last, the resource part, it crosses `/` and `:`.

use std::ops::RangeInclusive;

use super::Pattern;

/// A pattern of a `Resource` or `NotResource` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern {
    /// Partition, service, region, account, resource; absent where the text is no ARN.
    fields: Option<[Pattern; 5]>,
    star: bool,
}

impl ArnPattern {
    /// Reads a resource pattern; any text is one, and one that is no ARN matches nothing.
    ///
    /// In an identity-based policy an ARN that stops early is filled up with `*`.
    pub fn new(text: &str) -> Self {
        let star = Pattern::new(text).matches_every_name();
        let mut parts = text.splitn(6, ':');
        let head = parts.next().unwrap_or_default();
        let field = |part: Option<&str>| Pattern::new(part.unwrap_or("*"));
        let fields = (Pattern::new(head).matches("arn") && text.contains(':') || star).then(|| {
            [
                field(parts.next()),
                field(parts.next()),
                field(parts.next()),
                field(parts.next()),
                field(parts.next()),
            ]
        });
        Self { fields, star }
    }

    /// Whether it matches every resource there is: `*`, `arn:*`, `arn:*:*:*:*:*` and their like.
    pub fn matches_everything(&self) -> bool {
        self.star
            || self
                .fields
                .as_ref()
                .is_some_and(|[partition, service, region, account, resource]| {
                    // The partition is the caller's own; naming it takes nothing away.
                    PARTITIONS.iter().any(|name| partition.matches(name))
                        && [service, resource].into_iter().all(Pattern::matches_every_name)
                        && [region, account].into_iter().all(Pattern::matches_everything)
                })
    }

    /// Whether it is the plain star, however often it is repeated.
    pub fn is_star(&self) -> bool {
        self.star
    }

    /// Whether the text has the form of an ARN or is a star.
    pub fn is_arn(&self) -> bool {
        self.fields.is_some()
    }

    /// The service field.
    pub fn service(&self) -> Option<&Pattern> {
        self.fields.as_ref().map(|[_, service, ..]| service)
    }

    /// Whether it matches a concrete ARN.
    pub fn matches(&self, arn: &str) -> bool {
        if self.star {
            return true;
        }
        let Some(fields) = &self.fields else { return false };
        let mut parts = arn.splitn(6, ':');
        parts.next() == Some("arn")
            && fields
                .iter()
                .all(|field| parts.next().is_some_and(|part| field.matches(part)))
    }

    /// Whether every ARN that `other` matches is matched by this pattern: field by field.
    pub fn covers(&self, other: &Self) -> bool {
        if self.star {
            return true;
        }
        match (&self.fields, &other.fields) {
            (Some(mine), Some(theirs)) => mine.iter().zip(theirs).all(|(mine, theirs)| mine.covers(theirs)),
            (_, None) => true,
            (None, Some(_)) => false,
        }
    }

    /// Whether some ARN is matched by both patterns.
    pub fn meets(&self, other: &Self) -> bool {
        match (&self.fields, &other.fields) {
            (Some(mine), Some(theirs)) => mine.iter().zip(theirs).all(|(mine, theirs)| mine.meets(theirs)),
            _ => false,
        }
    }

    /// Whether it covers a whole resource type of the caller's own account, as IAM's own actions see it: naming the
    /// account takes nothing away there.
    pub fn covers_format_in_account(&self, format: &str) -> bool {
        let own = format.replacen("${Account}", "", 1);
        match &self.fields {
            Some([partition, service, region, _, resource]) if !self.star => {
                let here = [partition, service, region, &Pattern::new("*"), resource].map(Clone::clone);
                let here = Self {
                    fields: Some(here),
                    star: false,
                };
                here.covers_format(&own)
            }
            _ => self.covers_format(format),
        }
    }

    /// Whether it covers every ARN of a service with that resource part in whatever single account
    /// the account field leaves open or names.
    pub fn covers_in_account(&self, service: &str, resource: &str) -> bool {
        let Some([_, mine, _, _, part]) = &self.fields else {
            return self.star;
        };
        mine.matches(service) && part.covers(&Pattern::new(resource))
    }

    /// Whether it covers a whole resource type, given as an ARN format of the catalog with
    /// placeholders such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
    ///
    /// Every placeholder but the partition counts as any text; an account or a region that is named
    /// is a bound.
    pub fn covers_format(&self, format: &str) -> bool {
        if self.star {
            return true;
        }
        let Some([partition, service, region, account, resource]) = &self.fields else {
            return false;
        };
        // The service field decides nearly every question, without building a pattern.
        if !format.split(':').nth(2).is_some_and(|part| service.matches(part)) {
            return false;
        }
        let own_partition = PARTITIONS.iter().any(|name| partition.matches(name));
        let mut parts = format.splitn(6, ':').skip(3);
        let mut covered = |field: &Pattern| {
            parts.next().is_some_and(|part| {
                // Nearly every question ends here, without building a pattern.
                let fixed = part.split("${").next().unwrap_or_default();
                if field.matches_everything() || !field.may_begin_with(fixed) {
                    return field.matches_everything();
                }
                field.covers(&Pattern::new(&placeholders_to_patterns(part)))
                    || (part == "${Region}" && REGIONS.iter().all(|name| field.matches(name)))
            })
        };
        own_partition && [region, account, resource].into_iter().all(&mut covered)
    }
}

/// The partitions of AWS: a caller lives in one of them, so naming one takes nothing away.
const PARTITIONS: [&str; 8] = [
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
];

/// Regions of the largest partition; whatever matches all of them matches those to come.
const REGIONS: [&str; 12] = [
    "af-south-1",
    "ap-northeast-3",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-north-1",
    "il-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
];

/// Whether a text is the number of an account: twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a partition: `aws`, or `aws` with words behind it. New ones appear, so there is no list.
pub fn is_partition(text: &str) -> bool {
    let is_word = |word: &str| {
        let mut bytes = word.bytes();
        !word.is_empty() && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').next() == Some("aws") && text.split('-').all(is_word)
}

/// Whether a text is a name that IAM takes, of so many characters.
pub fn is_iam_name(text: &str, length: RangeInclusive<usize>) -> bool {
    let is_taken = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    length.contains(&text.len()) && text.chars().all(is_taken)
}

/// Whether a text is a name that IAM takes, of at most so many characters, with or without a path before it.
pub fn is_iam_path_and_name(text: &str, longest: usize) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    path.bytes().all(|byte| byte.is_ascii_graphic()) && is_iam_name(name, 1..=longest)
}

/// A format of the catalog with a text for each of its placeholders, which stand as `${Name}`.
pub fn fill_placeholders<'t>(format: &str, text: impl Fn(&str) -> &'t str) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(text(name));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// An ARN format's part as a pattern: an account has twelve digits, the id of a secret six characters that AWS adds,
/// and names of fewer than three characters do not count.
fn placeholders_to_patterns(part: &str) -> String {
    fill_placeholders(part, |name| match name {
        "Account" => "????????????",
        "SecretId" => "?*-??????",
        "Region" | "Partition" => "?*",
        _ => "???*",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_in_the_first_five_fields() {
        let pattern = ArnPattern::new("arn:aws:s3:*:*:bucket/*");
        assert!(pattern.matches("arn:aws:s3:::bucket/a:b/c"));
        assert!(!ArnPattern::new("arn:aws:*:bucket").matches("arn:aws:s3:::bucket"));
        assert!(!ArnPattern::new("arn:aws:s*:::x").covers(&ArnPattern::new("arn:aws:*:::x")));
        assert!(ArnPattern::new("arn:aws:sqs").matches("arn:aws:sqs:eu-west-1:123456789012:jobs"));
    }

    #[test]
    fn almost_star_is_everything() {
        for text in [
            "*",
            "**",
            "?*",
            "arn:*",
            "arn:aws:*",
            "arn:*:*:*:*:*",
            "arn:aws:*:*:*:*",
            "arn:aws:*:*:*:**",
            "a*:*:*:*:*:*",
        ] {
            assert!(ArnPattern::new(text).matches_everything(), "{text}");
        }
        for text in ["arn:aws:s3:::*", "arn:aws:*:eu-west-1:*:*", "bucket/*", ""] {
            assert!(!ArnPattern::new(text).matches_everything(), "{text}");
        }
    }

    #[test]
    fn a_whole_type_is_covered_by_its_almost_star() {
        let bucket = "arn:${Partition}:s3:::${BucketName}";
        let object = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
        let queue = "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}";
        assert!(ArnPattern::new("arn:aws:s3:::*").covers_format(bucket));
        assert!(ArnPattern::new("arn:aws:s3:::*/*").covers_format(object));
        assert!(!ArnPattern::new("arn:aws:s3:::*/*").covers_format(bucket));
        assert!(!ArnPattern::new("arn:aws:s3:::logs/*").covers_format(object));
        assert!(ArnPattern::new("arn:aws:sqs:*:*:*").covers_format(queue));
        assert!(!ArnPattern::new("arn:aws:sqs:*:123456789012:*").covers_format(queue));
        assert!(ArnPattern::new("arn:aws:sqs:?*:????????????:?*").covers_format(queue));
        assert!(ArnPattern::new("arn:aw*:sqs:*:?*:*").covers_format(queue));
        assert!(!ArnPattern::new("arn:azure:sqs:*:*:*").covers_format(queue));
        assert!(ArnPattern::new("arn:aws:sqs:*-*-*:*:???*").covers_format(queue));
        assert!(!ArnPattern::new("arn:aws:sqs:eu-*:*:*").covers_format(queue));
        let user = "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}";
        assert!(ArnPattern::new("arn:aws:iam::123456789012:user/*").covers_format_in_account(user));
        assert!(!ArnPattern::new("arn:aws:iam::123456789012:user/*").covers_format(user));
        assert!(!ArnPattern::new("arn:aws:iam::123456789012:user/app/*").covers_format_in_account(user));
        let secret = "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${SecretId}";
        assert!(ArnPattern::new("arn:aws:secretsmanager:*:*:secret:*-??????").covers_format(secret));
    }
}
