//! Domain values as JSON with stable names: what `--json` prints. Times are RFC 3339 in UTC.

use crate::domain::event::{Bound, Entry};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::Seq;
use crate::domain::preview::{preview, running};
use crate::domain::request::{MarkedBy, Request, SignOffStanding, Verdict};
use crate::domain::text::Text;
use crate::present::plan::fate;
use crate::present::words;
use serde_json::{Map, Value, json};

/// The version of these shapes.
pub const VERSION: u32 = 1;

/// One request: the native document with everything that became of it.
pub fn request(request: &Request, now: Moment) -> Value {
    let assessment = request.assessment();
    let mut out = match request.content.as_ref().map(serde_json::to_value) {
        Some(Ok(Value::Object(content))) => content,
        _ => Map::from_iter([("redacted".to_owned(), json!(true))]),
    };
    let fates: Vec<(String, bool, String)> = match &request.content {
        Some(content) => preview(content, &request.marks)
            .into_iter()
            .map(|(id, outcome)| (id.to_string(), outcome.may_run(), fate(&outcome).0))
            .collect(),
        None => Vec::new(),
    };
    if let Some(Value::Array(steps)) = out.get_mut("steps") {
        for (step, fact) in steps.iter_mut().zip(request.revision.steps.iter()) {
            step["mark"] = json!(request.marks.on(&fact.id));
            step["digest"] = json!(fact.digest);
            if let Some((_, runs, words)) = fates.iter().find(|(id, ..)| *id == fact.id.as_str()) {
                step["would_run"] = json!(runs);
                step["outcome"] = json!(words);
            }
            if let Some(edit) = request.edits.get(&fact.id) {
                step["original_params"] = json!(edit.original.as_ref().map(|original| &original.params));
                step["modified_by"] = edit.by.iter().map(|by| json!(by.name)).collect();
            }
        }
    }
    let mut set = |name: &str, value: Value| out.insert(name.to_owned(), value);
    set("v", json!(VERSION));
    set("id", json!(request.id.to_string()));
    set("kind", json!(request.kind()));
    set("state", json!(request.state_name().word()));
    set("in_review", json!(request.is_open() && request.live_claim(now).is_some()));
    set("level", json!(request.level()));
    set("by", json!(request.requester.name));
    set("ref", json!(request.reference));
    set("priority", json!(request.revision.priority));
    set("claimed_risk", out_risk(request));
    set("risk", json!(assessment.risk));
    set("risk_factors", json!(assessment.factors));
    set("sensitive", json!(assessment.sensitive));
    set("rule", json!(assessment.rule));
    set("policy", json!(assessment.policy));
    set("violation", json!(assessment.violation));
    set("auto_approved", auto_approved(request));
    set("slots", json!(assessment.slots));
    set("open_slots", json!(request.open_slots()));
    set("revision", json!(request.revision.number));
    set("revision_digest", json!(request.revision.digest));
    set("marks_digest", json!(request.marks_digest()));
    set("decision_digest", json!(request.decision_digest()));
    set("created_at", json!(request.created_at.iso()));
    set("updated_at", json!(request.updated_at.iso()));
    set("due_at", json!(request.deadlines.due_at.iso()));
    set("expires_at", json!(request.expires_at().map(Moment::iso)));
    set("overdue", json!(request.is_open() && request.deadlines.due_at <= now));
    set("if_nobody_acts", json!(words::if_nobody_acts(request, now).to_string()));
    let ahead = crate::domain::due::ahead(request);
    set(
        "ahead",
        ahead.iter().map(|one| json!({"at": one.at.iso(), "what": one.due.word(), "to": one.to})).collect(),
    );
    let courts = request.timing.courts;
    let seconds = |span: Span| span.millis() / 1000;
    set(
        "time_in_court",
        json!({"reviewers_s": seconds(courts.reviewers), "producer_s": seconds(courts.producer),
            "counted_to": courts.counted_to.iso()}),
    );
    set("assigned", json!(request.assigned().map(|last| &last.to)));
    set(
        "assignments",
        request
            .assignments
            .iter()
            .map(|one| json!({"to": one.to, "by": one.by, "at": one.at.iso(), "raised": one.raised}))
            .collect(),
    );
    set("claim", json!(request.live_claim(now).map(|c| json!({"by": c.by, "until": c.until.iso()}))));
    let snoozes = request.snoozes.iter().filter(|(_, until)| **until > now);
    set("snoozed", snoozes.map(|(by, until)| json!({"by": by, "until": until.iso()})).collect());
    set("continues", json!(request.continues.map(|old| old.to_string())));
    set("continued_by", request.continued_by.iter().map(|by| json!(by.to_string())).collect());
    if let Some(text) = &request.proposed {
        set("proposed_policy", json!(text.raw()));
    }
    set("override", crate::present::overriding::as_json(request));
    set("owed", crate::present::overriding::owed_as_json(request));
    set("execution", json!(request.execution.map(|e| e.word())));
    if request.run.is_some() {
        set("run", crate::present::execution::as_json(request));
    }
    set("lapses_at", json!(request.lapses_at.map(Moment::iso)));
    set("signoffs", request.signoffs.iter().map(signoff).collect());
    set("comments", request.comments.iter().map(|c| comment(request, c)).collect());
    set("attached", request.attached.iter().map(attached).collect());
    set("missing_evidence", json!(request.missing_evidence()));
    set(
        "decision",
        json!(request.closed().map(|closed| json!({
            "verdict": request.state_name().word(), "by": closed.by, "assurance": closed.assurance,
            "at": closed.at.iso(), "reason": closed.reason.as_ref().map(Text::raw),
            "answer": match &closed.verdict {
                Verdict::Approved { answer: Some(answer), .. } => {
                    json!({"option": answer.option, "text": answer.text.as_ref().map(Text::raw)})
                }
                _ => Value::Null,
            },
        }))),
    );
    Value::Object(out)
}

fn auto_approved(request: &Request) -> Value {
    let by_rule = |(step, by): (&crate::domain::names::StepId, &MarkedBy)| match by {
        MarkedBy::Rule(rule) => Some(json!({"step": step, "rule": rule})),
        MarkedBy::Person(_) => None,
    };
    request.marked_by.iter().filter_map(by_rule).collect()
}

fn out_risk(request: &Request) -> Value {
    json!(request.content.as_ref().and_then(|c| c.risk))
}

fn signoff(signoff: &crate::domain::request::SignOff) -> Value {
    let Bound { revision, revision_digest, marks_digest, seen, signer, programs, .. } = &signoff.bound;
    json!({
        "number": signoff.number, "by": signer.name, "rule": signoff.rule, "kind": signer.kind, "newcomer": signer.newcomer, "assurance": signer.assurance,
        "at": signoff.at.iso(), "revision": revision, "revision_digest": revision_digest,
        "marks_digest": marks_digest, "seen": seen, "programs": programs, "reason": signoff.reason.as_ref().map(Text::raw),
        "standing": match signoff.standing {
            SignOffStanding::Counts => "counts",
            SignOffStanding::Withdrawn => "withdrawn",
            SignOffStanding::Void => "void",
        },
    })
}

/// One comment.
pub fn comment(request: &Request, comment: &crate::domain::talk::Comment) -> Value {
    json!({
        "number": comment.number, "by": comment.by, "at": comment.at.iso(), "step": comment.step,
        "reply_to": comment.reply_to, "text": comment.text.as_ref().map(Text::raw), "by_kind": comment.kind,
        "param": comment.param, "mentions": comment.mentions, "edited_at": comment.edited.map(Moment::iso),
        "earlier": comment.earlier.iter().map(|earlier| json!({
            "at": earlier.at.iso(), "text": earlier.text.as_ref().map(Text::raw),
        })).collect::<Vec<_>>(),
        "resolved": request.resolved.get(&comment.number).map(|resolved| json!({
            "by": resolved.by, "at": resolved.at.iso(),
        })),
    })
}

/// How far one comment has come to one reader.
pub fn receipt(receipt: &crate::domain::talk::Receipt) -> Value {
    json!({"by": receipt.by, "delivered_at": receipt.delivered.iso(), "read_at": receipt.read.map(Moment::iso)})
}

/// Something that was attached.
pub fn attached(attached: &crate::domain::evidence::Attached) -> Value {
    json!({
        "number": attached.number, "by": attached.by, "by_kind": attached.kind, "at": attached.at.iso(),
        "step": attached.step, "label": attached.label.as_ref().map(Text::raw), "file": attached.file,
        "locator": attached.locator.as_ref().map(Text::raw),
    })
}

/// The steps an approval lets run, in document order: the sub-plan a producer executes.
pub fn approved_plan(request: &Request) -> Value {
    let Some(content) = &request.content else { return Value::Null };
    let running = running(request);
    content.steps.iter().filter(|step| running.contains(&step.id)).map(|step| json!(step)).collect()
}

/// One event.
pub fn event(seq: Seq, aggregate: &str, entry: &Entry) -> Value {
    let (name, facts) = entry.fact.to_parts();
    json!({
        "seq": seq, "aggregate": aggregate, "at": entry.at.iso(), "by": entry.by, "assurance": entry.assurance,
        "actor": entry.actor, "event": name, "facts": facts, "payload": entry.payload.here(),
    })
}

/// JSON text in which nothing is raw that a terminal would obey, hide or reorder: such characters become escapes.
pub fn escaped(json: &str) -> String {
    if json.bytes().all(|c| (0x20..0x7f).contains(&c) || c == b'\n') {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len());
    let mut units = [0u16; 2];
    for c in json.chars() {
        if c == '\n' || !crate::domain::text::is_marked(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_what_a_terminal_would_obey_and_read_back_the_same() {
        let value = json!({"a": "\u{1b}[2J \u{9b} \u{202e} \u{e0041} é \u{7f}"});
        let text = escaped(&value.to_string());
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}' || c == '\u{e0041}'), "{text}");
        assert!(text.contains('é'));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
