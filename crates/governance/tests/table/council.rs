//! A council and its votes, read off a row.

use std::collections::BTreeSet;

use common::claims::Seat;
use common::ids::UserId;
use governance::decide::{Ballot, Capacity, Electorate};
use governance::workflow::Vote;

/// Seats, and the ballots that a row names: `chair yes, member no, admin abstains`.
///
/// Each `member` is another member. A `proposer` is a member who has a part in the proposal, and `proposing chair` a chair
/// who has. A `stand-in` votes for the next member, `chair's stand-in` and `proposer's stand-in` for those. A `former
/// member` or `former chair` has lost the seat that they voted for. Who is `silent` has not voted.
pub fn council(seats: usize, casts: &str) -> (Electorate, Vec<Ballot>) {
    let holders: Vec<_> = (0..seats).map(|_| UserId::new()).collect();
    let seat = |index| if index == 0 { Seat::Chair } else { Seat::Member };
    let mut electorate = Electorate {
        seats: holders.iter().enumerate().map(|(index, holder)| (*holder, seat(index))).collect(),
        ..Electorate::default()
    };
    let mut members = holders.iter().copied().skip(1);
    let mut member = || members.next().expect("as many seats as are named");
    let mut ballots = Vec::new();
    for cast in casts.split(", ").filter(|cast| !cast.is_empty()) {
        let (who, said) = cast.rsplit_once(' ').expect("who, and what they said");
        let stranger = UserId::new();
        let (voter, capacity) = match who {
            "chair" => (holders[0], Capacity::Seat(holders[0])),
            "chair's stand-in" => (stranger, Capacity::Seat(holders[0])),
            "member" => {
                let holder = member();
                (holder, Capacity::Seat(holder))
            }
            "stand-in" => (stranger, Capacity::Seat(member())),
            "proposer" | "proposing chair" | "proposer's stand-in" => {
                let holder = if who == "proposing chair" { holders[0] } else { member() };
                electorate.excluded.insert(holder);
                (if who == "proposer's stand-in" { stranger } else { holder }, Capacity::Seat(holder))
            }
            "former member" | "former chair" => (stranger, Capacity::Seat(stranger)),
            "admin" => {
                electorate.admins.insert(stranger);
                (stranger, Capacity::Admin)
            }
            other => panic!("nobody is called {other:?}"),
        };
        let vote = match said {
            "yes" => Vote::Approve,
            "no" => Vote::Reject,
            "abstains" => Vote::Abstain,
            "silent" => continue,
            other => panic!("nobody says {other:?}"),
        };
        ballots.push(Ballot { voter, capacity, vote });
    }
    let voters: BTreeSet<_> = ballots.iter().map(|ballot| ballot.voter).collect();
    assert_eq!(voters.len(), ballots.len(), "everybody has one vote");
    (electorate, ballots)
}
