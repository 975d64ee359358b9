//! What comes out of Redis, as it is on the wire: entries for workers, what was set aside, revocations, announcements.
//!
//! An input in the protocol of Redis is a reply to a read of streams; any other is the payload of one entry.

#![no_main]

use common::Traceparent;
use common::priority::Priority;
use common::revocations::{Revocation, Revocations};
use database::outbox::Dispatch;
use libfuzzer_sys::fuzz_target;
use queue::{Announcement, Entry, LevelOrder, ProfileRequest, SetAside};
use redis::FromRedisValue;
use redis::streams::StreamReadReply;

/// What a worker, a verifier or the aggregator makes of a payload.
fn payload(text: &str) {
    if let Some(dispatch) = fuzz::round_trip::<Dispatch>(text) {
        let _ = dispatch.traceparent.as_deref().map(str::parse::<Traceparent>);
    }
    if let Some(revocation) = fuzz::round_trip::<Revocation>(text) {
        let revocations = Revocations::default();
        let news = revocations.news();
        revocations.add(std::slice::from_ref(&revocation));
        revocations.prune(revocation.expires_at);
        drop(news);
    }
    let _ = fuzz::round_trip::<Announcement>(text);
    let _ = fuzz::round_trip::<LevelOrder>(text);
    if let Some(request) = fuzz::round_trip::<ProfileRequest>(text) {
        assert!(request.patience().as_secs() >= request.seconds);
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        payload(text);
    }
    let Ok(value) = redis::parse_redis_value(data) else { return };
    let Ok(reply) = StreamReadReply::from_redis_value(value) else { return };
    for stored in reply.keys.into_iter().flat_map(|stream| stream.ids) {
        let entry = Entry::new(Priority::Normal, stored.clone());
        assert_eq!(entry.id, stored.id);
        if let Some(text) = &entry.payload {
            assert!(stored.map.contains_key("payload"));
            payload(text);
        }
        let aside = SetAside::from(stored);
        assert_eq!((&aside.id, &aside.payload), (&entry.id, &entry.payload));
        if let Some(at) = aside.at {
            // People are shown it.
            assert!(!at.to_rfc3339().is_empty());
        }
    }
});
