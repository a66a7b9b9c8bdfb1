//! The histories that the laws walk in memory, lived through in a real store: what it gives back is what was decided.

use super::stage::{Stage, derived};
use crate::domain::build::{BEGIN, facts, facts_for, plan, planner, requester};
use crate::domain::laws::histories;
use countersign::app::{Error, Failure};
use countersign::domain::decide;
use countersign::domain::evolve;
use countersign::domain::names::RequestId;
use countersign::domain::request::Request;
use countersign::store::Store;
use countersign::store::open::Birth;
use countersign::store::sight::Sight;

/// Somebody else's random bytes are as good as any: these come from a counter.
fn chance() -> countersign::store::log::Chance {
    let mut next = 0u64;
    Box::new(move |buffer| {
        for chunk in buffer.chunks_mut(8) {
            next += 1;
            chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    })
}

#[test]
fn five_hundred_histories_are_the_same_in_the_store_as_in_memory() {
    let stage = Stage::new();
    let birth = Birth { at: BEGIN, account: "tester".to_owned() };
    let mut store = Store::open(&stage.store(), &birth, chance()).unwrap();
    let mut in_memory: Vec<Request> = Vec::new();
    let (mut refused, mut closed) = (0, 0);
    for (number, history) in (1..).zip(histories(500)) {
        let id = RequestId::new(number);
        let asked = decide::submit(plan(), requester(&planner()), None, &planner(), &facts(), BEGIN).unwrap();
        let mut expected = evolve::begin(id, &asked).unwrap();
        let last = history.len();
        for (n, (caller, command, at)) in (1..).zip(&history) {
            match expected.decide(command, caller, &facts_for(caller), *at) {
                Ok(entries) => expected = entries.iter().fold(expected, Request::evolve),
                Err(_) => {
                    assert_eq!(n, last, "only the last deed of a history is refused");
                    refused += 1;
                }
            }
        }
        store
            .write(|tx| -> Result<(), Error> {
                assert_eq!(tx.next_number()?, id);
                tx.commit_new(id, &asked)?;
                for (caller, command, at) in &history {
                    // As every use case does: what is decided on is what the log says.
                    let request = tx
                        .load(id, &Sight::Everything)?
                        .ok_or_else(|| Failure::damaged("it was not there"))?;
                    if let Ok(entries) = request.decide(command, caller, &facts_for(caller), *at) {
                        tx.commit(&request, &entries)?;
                    }
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(store.load(id, &Sight::Everything).unwrap().unwrap(), expected, "{history:#?}");
        closed += u64::from(!expected.is_open());
        in_memory.push(expected);
    }
    assert!(refused > 50 && closed > 50 && closed < 450, "the histories became dull: {refused} {closed}");
    assert_eq!(store.counter("decided").unwrap(), closed);
    assert_eq!(store.counter("open").unwrap(), in_memory.len() as u64 - closed);
    let report = store.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let before = derived(&stage.store());
    assert_eq!(store.rebuild(|_| {}).unwrap(), 500);
    assert_eq!(derived(&stage.store()), before, "a rebuild changed something");
    assert!(store.verify(|_| {}).unwrap().is_sound());
    for expected in in_memory {
        assert_eq!(store.load(expected.id, &Sight::Everything).unwrap().unwrap(), expected);
    }
}
