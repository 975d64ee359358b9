//! Mails about workflows. Their one link opens the workflow's page and decides nothing: mail scanners follow links, and
//! only an authenticated POST votes.

use common::ids::{CouncilId, WorkflowId};
use database::Connection;
use database::announcements::letters::{self, Awaited, Subject};
use database::outbox::Mail;
use governance::workflow::WorkflowStatus;

use super::message::{Composer, Letter, until};

impl Composer {
    /// A mail about a workflow; none when what it says has lost its sense meanwhile.
    pub async fn about_workflow(&self, connection: &mut Connection, mail: &Mail) -> database::Result<Option<Letter>> {
        match mail {
            Mail::VoteNeeded { workflow_id, council_ids, .. } => {
                self.vote_needed(connection, *workflow_id, council_ids).await
            }
            Mail::Decided { workflow_id, outcome, .. } => {
                self.decided(connection, *workflow_id, *outcome).await.map(Some)
            }
            Mail::GlassBroken { workflow_id, .. } => self.glass_broken(connection, *workflow_id).await.map(Some),
            Mail::RatificationOverdue { workflow_id, council_id, .. } => {
                self.ratification_overdue(connection, *workflow_id, council_id).await.map(Some)
            }
            Mail::Invitation { .. } | Mail::PasswordReset { .. } | Mail::Notice { .. } => Ok(None),
        }
    }

    /// Asks for a vote, unless none of the councils waits for one any more.
    async fn vote_needed(
        &self,
        connection: &mut Connection,
        id: WorkflowId,
        councils: &[CouncilId],
    ) -> database::Result<Option<Letter>> {
        let awaited = letters::awaited(connection, id, councils).await?;
        if awaited.is_empty() {
            return Ok(None);
        }
        let subject = letters::subject(connection, id).await?;
        // Councils that are asked at once are asked the same.
        let mut paragraphs = match awaited.iter().find_map(|one| one.question.as_ref()) {
            Some(question) => vec![
                format!("{} of {} has begun, and does not go on without you.", named(&subject), subject.proposed_by),
                format!("It asks: {question}"),
            ],
            None => vec![format!("{} proposes: {}.", subject.proposed_by, named(&subject))],
        };
        let council = |Awaited { council, deadline, .. }| format!("{council} takes votes until {}.", until(deadline));
        paragraphs.extend(awaited.into_iter().map(council));
        Ok(Some(Letter {
            subject: format!("Your vote is needed: {}", subject.workflow_type),
            paragraphs,
            action: Some(("Look at it and vote", self.page(id))),
            closing: "You vote on the page, once you are signed in. Opening the link decides nothing.",
        }))
    }

    /// Tells how a proposal was decided.
    async fn decided(
        &self,
        connection: &mut Connection,
        id: WorkflowId,
        outcome: WorkflowStatus,
    ) -> database::Result<Letter> {
        let subject = letters::subject(connection, id).await?;
        let begun = letters::is_mid_run(connection, id).await?;
        let what = match outcome {
            WorkflowStatus::Approved if begun => "What it asked its councils is approved. It goes on.",
            WorkflowStatus::Rejected if begun => "What it asked its councils was rejected. It does not go on.",
            WorkflowStatus::Expired if begun => {
                "What it asked its councils was not decided in time. It does not go on."
            }
            WorkflowStatus::Approved => {
                "Its councils approved it. It runs as soon as its cooling-off period, if it has one, is over."
            }
            WorkflowStatus::Rejected => "It was rejected, and will not run.",
            WorkflowStatus::Expired => "It was not decided in time, and will not run.",
            WorkflowStatus::Blocked => "A council's policy forbids it: it was refused when it was made.",
            _ => "It was cancelled.",
        };
        Ok(Letter {
            subject: format!("Decided: {} is {outcome}", subject.workflow_type),
            paragraphs: vec![format!("{} proposed: {}.", subject.proposed_by, named(&subject)), what.to_owned()],
            action: Some(("Read who decided, and why", self.page(id))),
            closing: "You get this because you proposed it, or answer for the agent that did.",
        })
    }

    /// Tells that a workflow was run before its councils decided.
    async fn glass_broken(&self, connection: &mut Connection, id: WorkflowId) -> database::Result<Letter> {
        let (subject, glass) = (letters::subject(connection, id).await?, letters::broken_glass(connection, id).await?);
        Ok(Letter {
            subject: format!("Run without its approval: {}", subject.workflow_type),
            paragraphs: vec![
                format!("{} ran this before its councils had decided: {}.", glass.admin, named(&subject)),
                format!("The reason given: {}", glass.reason),
                format!("The councils that were passed over have until {} to ratify it.", until(glass.ratify_by)),
            ],
            action: Some(("Look at what ran", self.page(id))),
            closing: "Until it is ratified, nobody who has a part in it can do this again.",
        })
    }

    /// Tells that a council has not ratified that in time.
    async fn ratification_overdue(
        &self,
        connection: &mut Connection,
        id: WorkflowId,
        council: &CouncilId,
    ) -> database::Result<Letter> {
        let (subject, glass) = (letters::subject(connection, id).await?, letters::broken_glass(connection, id).await?);
        let council = letters::council_name(connection, council).await?;
        Ok(Letter {
            subject: format!("Not ratified in time: {}", subject.workflow_type),
            paragraphs: vec![
                format!("{} ran this before its councils had decided: {}.", glass.admin, named(&subject)),
                format!("{council} was to ratify it by {}, and has not said whether it does.", until(glass.ratify_by)),
            ],
            action: Some(("Look at what ran", self.page(id))),
            closing: "The council can still vote on it. You are told this once.",
        })
    }

    fn page(&self, id: WorkflowId) -> String {
        self.link(&format!("workflows/{id}"))
    }
}

fn named(subject: &Subject) -> String {
    format!("{} ({})", subject.name, subject.workflow_type)
}
