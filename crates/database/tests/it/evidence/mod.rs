//! Evidence of everything that can become of a proposal, gathered from a real database and checked without it.

mod frauds;
pub mod scenes;
mod tampering;

use database::audit::PublicKey;
use database::governance::evidence::{Evidence, Fault, Verdict, verify};
use governance::workflow::{Basis, WorkflowStatus};
use serde::Deserialize;
use serde_json::Value;
use testing::checkpoint_key;

use self::scenes::Scene;

/// Reads a document and checks it, as who gets it does.
fn check(document: &Value, key: &PublicKey) -> Result<Verdict, Fault> {
    let read = |error: serde_json::Error| Fault { at: String::new(), what: error.to_string() };
    let evidence = Evidence::deserialize(document).map_err(read)?;
    verify(&evidence, Some(key))
}

fn key() -> PublicKey {
    checkpoint_key().public()
}

/// The verdict on what became of it, after checking that every row is proved and that the workflow stands so.
async fn verdict(scene: &Scene, status: WorkflowStatus, basis: Basis) -> String {
    let document = scene.evidence().await;
    assert_eq!(document["workflow"]["status"], status.as_str(), "{document:#}");
    assert_eq!(document["workflow"]["basis"], basis.as_str(), "{document:#}");
    let verdict = check(&document, &key()).unwrap_or_else(|fault| panic!("{fault}\n{document:#}"));
    assert!(verdict.complete, "{verdict}");
    verdict.to_string()
}

#[tokio::test]
async fn what_was_approved_and_ran_is_proved() {
    let said = verdict(&Scene::completed().await, WorkflowStatus::Completed, Basis::Review).await;
    for words in [
        "Council web-team approved it in round 1, under version 1 of its policy: 2 for it, 0 against it, 1 abstained, of 3",
        "Each of the 3 vote(s), 2 of them approvals, is on that digest",
        "No step was tried before it was allowed to run",
        "first completed in 2 attempt(s), sent ",
        "none left out",
    ] {
        assert!(said.contains(words), "{words} is missing in:\n{said}");
    }
}

#[tokio::test]
async fn that_nothing_ran_is_proved() {
    let scenes = [
        (Scene::blocked().await, WorkflowStatus::Blocked, Basis::Blocked, "A policy forbids it: asked again"),
        (Scene::rejected().await, WorkflowStatus::Rejected, Basis::Review, "and it was rejected"),
        (Scene::expired().await, WorkflowStatus::Expired, Basis::Review, "and nobody decided in time"),
        (Scene::cancelled().await, WorkflowStatus::Cancelled, Basis::Review, "nothing follows on cancelled"),
    ];
    for (scene, status, basis, words) in scenes {
        let said = verdict(&scene, status, basis).await;
        let nothing =
            "Nothing of it ran: no worker ever claimed it, none of its 2 step(s) was tried, and nothing follows on";
        assert!(said.contains(nothing) && said.contains(words), "{words} is missing in:\n{said}");
        let document = scene.evidence().await;
        assert_eq!(document["workflow"]["fence"], 0);
    }
}

#[tokio::test]
async fn what_stands_behind_a_run_without_votes_is_proved() {
    let scenes = [
        (Scene::by_policy().await, WorkflowStatus::Completed, Basis::Policy, "No responsible council's policy asked"),
        (
            Scene::by_mandate().await,
            WorkflowStatus::Completed,
            Basis::Mandate,
            "of web-team covers it (\"inputs.n <= 5\"",
        ),
        (
            Scene::glass_ratified().await,
            WorkflowStatus::Completed,
            Basis::BreakGlass,
            "the councils have ratified that",
        ),
        (Scene::glass_refused().await, WorkflowStatus::Completed, Basis::BreakGlass, "a council has refused to ratify"),
    ];
    for (scene, status, basis, words) in scenes {
        let said = verdict(&scene, status, basis).await;
        assert!(said.contains(words), "{words} is missing in:\n{said}");
    }
}

#[tokio::test]
async fn that_conditions_left_out_what_they_had_to_is_proved() {
    let scene = Scene::conditional(true, &["other"], &["branch", "inner", "leaf"]).await;
    let said = verdict(&scene, WorkflowStatus::Completed, Basis::Policy).await;
    assert!(said.contains("other was left out by a condition, as its outcome demands"), "{said}");
    let scene = Scene::conditional(false, &["branch", "inner", "leaf"], &["other"]).await;
    let said = verdict(&scene, WorkflowStatus::Completed, Basis::Policy).await;
    assert!(said.contains("leaf was left out by a condition"), "{said}");
    // A worker that took the wrong branch, left out too much, or ran what was left out, has signed for it.
    for (left_out, run, told) in [
        (&["branch", "inner", "leaf"][..], &["other"][..], "leaves out a step that its condition does not leave out"),
        (&["other", "leaf"], &["branch", "inner"], "leaves out a step that its condition does not leave out"),
        (&[], &["branch", "inner", "leaf", "other"], "is of a step that a condition leaves out"),
        (&[], &["branch", "inner", "leaf"], "completes a run of which a step was not done"),
    ] {
        let fault =
            check(&Scene::conditional(true, left_out, run).await.evidence().await, &key()).expect_err("is a fault");
        assert!(fault.what.contains(told), "{fault}");
    }
}

#[tokio::test]
async fn what_came_back_to_its_councils_is_proved() {
    let said = verdict(&Scene::retried().await, WorkflowStatus::Completed, Basis::Review).await;
    assert!(said.contains("approved it in round 1") && said.contains("approved it in round 2"), "{said}");
    let said = verdict(&Scene::escalated().await, WorkflowStatus::Rejected, Basis::Review).await;
    assert!(said.contains("web-team did not decide in time and let another council decide"), "{said}");
    assert!(said.contains("Council governance rejected it in round 1"), "{said}");
    let said = verdict(&Scene::escalated_glass().await, WorkflowStatus::Completed, Basis::BreakGlass).await;
    assert!(said.contains("Council governance approved it in round 1"), "{said}");
    let said = verdict(&Scene::moved().await, WorkflowStatus::Rejected, Basis::Review).await;
    assert!(said.contains("Council governance rejected it in round 1"), "{said}");
    let said = verdict(&Scene::mandate_ended().await, WorkflowStatus::Rejected, Basis::Review).await;
    assert!(said.contains("Nothing of it ran"), "{said}");
}

#[tokio::test]
async fn what_a_step_asked_in_the_middle_of_the_run_is_proved() {
    let approved = "it was approved before anything after it was tried";
    let scenes = [
        (Scene::asked().await, WorkflowStatus::Completed, "step sign_off asked governance in round 2", approved),
        (Scene::asked_and_escalated().await, WorkflowStatus::Completed, "asked governance and web-team", approved),
        (Scene::asked_under_mandate().await, WorkflowStatus::Completed, "covers it (\"inputs.n <= 5\"", approved),
        (
            Scene::asked_and_rejected().await,
            WorkflowStatus::Rejected,
            "No responsible council's policy asked for a review: asked again, they say the same.",
            "in round 2 (\"Send 3 to everybody?\"): it was rejected, and nothing after it was tried",
        ),
        (
            Scene::glass_broken_and_asked().await,
            WorkflowStatus::Completed,
            "had it run before its councils decided (\"The shop is down",
            approved,
        ),
        (Scene::retried_from_the_start().await, WorkflowStatus::Completed, "asked web-team in round 3", approved),
    ];
    for (scene, status, first, second) in scenes {
        let said = verdict(&scene, status, Basis::Review).await;
        assert!(said.contains(first) && said.contains(second), "{first} or {second} is missing in:\n{said}");
    }
    let said = verdict(&Scene::asked_and_glass_broken().await, WorkflowStatus::Completed, Basis::BreakGlass).await;
    assert!(said.contains("in round 2 (\"Send 3 to everybody?\"): an admin did not wait for the answer"), "{said}");
}

/// A vote of somebody who stood in for a seat, and was deactivated before the decision, counts in neither counting.
#[tokio::test]
async fn votes_of_who_may_not_vote_any_more_count_nowhere() {
    let said = verdict(&Scene::stand_in_gone().await, WorkflowStatus::Queued, Basis::Review).await;
    assert!(said.contains("2 for it, 0 against it, 0 abstained, of 3 seat(s)"), "{said}");
}

#[tokio::test]
async fn rows_that_no_checkpoint_is_over_yet_are_told_apart() {
    let scene = Scene::begun().await;
    let unsealed = check(&scene.unsealed_evidence().await, &key()).expect("holds");
    assert!(!unsealed.complete && unsealed.to_string().contains("are not sealed yet"), "{unsealed}");
    testing::seal(&scene.world.database).await;
    let sealed = check(&scene.unsealed_evidence().await, &key()).expect("holds");
    assert!(!sealed.complete && sealed.to_string().contains("no checkpoint is over them yet"), "{sealed}");
    let covered = check(&scene.evidence().await, &key()).expect("holds");
    assert!(covered.complete, "{covered}");
    let unchecked: Evidence = serde_json::from_value(scene.evidence().await).expect("a document");
    let unchecked = verify(&unchecked, None).expect("holds");
    assert!(!unchecked.complete && unchecked.to_string().contains("signatures were not checked"), "{unchecked}");
}
