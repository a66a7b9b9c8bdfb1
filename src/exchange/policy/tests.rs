//! The file as people get it wrong, and the sample.

use super::*;
use crate::domain::moment::Span;

const SAMPLE: &str = include_str!("../../../assets/policy.toml");

fn wrong(text: &str) -> String {
    read(text).map(|_| ()).expect_err(text).to_string()
}

#[test]
fn the_sample_reads_and_uncommented_it_says_everything_there_is() {
    let policy = read(SAMPLE).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(policy.digest, Some(PolicyDigest::of(SAMPLE)));
    assert_eq!(Policy { digest: None, ..policy }, Policy::BUILT_IN, "as it stands it changes nothing");
    let whole: String = SAMPLE
        .lines()
        .filter(|line| line.starts_with("#="))
        .map(|line| format!("{}\n", line.trim_start_matches("#=").trim_start()))
        .collect();
    let policy = read(&whole).unwrap_or_else(|e| panic!("{e}\n{whole}"));
    assert!(!policy.rules.is_empty() && !policy.risk.rules.is_empty() && !policy.asks.patterns.is_empty());
    for key in [
        "builtin_actions",
        "production",
        "irreversible",
        "wide_reach",
        "wide_reach_from",
        "edited",
        "failed_before",
        "equals",
        "glob",
        "greater",
        "less",
        "always_confirm",
        "max_without_confirmation",
        "builtin_phrases",
        "phrases",
        "kind",
        "risk",
        "priority",
        "environment",
        "service",
        "tenant",
        "labels",
        "slots",
        "role",
        "any_of",
        "assurance",
        "remind",
        "escalate",
        "expire",
        "live_for",
        "auto_approve",
        "programs",
    ] {
        assert!(whole.contains(&format!("{key} =")), "the sample does not show {key}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    for (text, line, key) in [
        ("colour = 1\n", 1, "colour"),
        ("[risk]\nbuiltin_action = true\n", 2, "builtin_action"),
        ("[risk.floors]\n\nprod = \"high\"\n", 3, "prod"),
        ("[[risk.rule]]\nname = \"a\"\nrisk = \"high\"\nactions = [\"x\"]\n", 4, "actions"),
        ("[[rule]]\nname = \"a\"\nslot = []\n", 3, "slot"),
        ("[[rule]]\nname = \"a\"\nslots = [{kind = \"human\", count = 2}]\n", 3, "count"),
        ("[auto_approval]\ndefault = \"auto_approve\"\n", 2, "default"),
        ("[may_i_continue]\nphrase = []\n", 2, "phrase"),
    ] {
        let said = wrong(text);
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains(&format!("`{key}`")), "{said}");
    }
}

#[test]
fn what_contradicts_itself_is_refused_with_its_line_and_key() {
    for (text, line, words) in [
        ("[risk.floors]\nirreversible = \"medium\"\n", 2, "risk.floors.irreversible: a floor can be raised"),
        ("[risk.floors]\nproduction = \"low\"\n", 2, "not lowered; it is at least medium"),
        ("[risk.floors]\nwide_reach_from = 6\n", 2, "wide_reach_from: is 1 to 5"),
        ("[[risk.rule]]\nname = \"all\"\nrisk = \"high\"\n", 1, "names no action, target or parameter"),
        ("[[risk.rule]]\nname = \"a\"\nrisk = \"hgih\"\naction = [\"x\"]\n", 3, "unknown variant `hgih`"),
        (
            "[[risk.rule]]\nname = \"a\"\nrisk = \"high\"\nparams = [{key = \"n\", greater = 1, less = 2}]\n",
            4,
            "name one of equals, glob, greater, less",
        ),
        ("[[rule]]\nname = \"a\"\n[[rule]]\nname = \"a\"\n", 4, "there is a rule `a` already"),
        ("[[rule]]\nname = \"a\"\nslots = []\n", 3, "at least one sign-off"),
        ("[[rule]]\nname = \"a\"\nslots = [{kind = \"policy\"}]\n", 3, "needs auto_approve"),
        (
            "[[rule]]\nname = \"a\"\nrisk = [\"high\"]\nauto_approve = [\"*\"]\nslots = [{kind = \"policy\"}]\n",
            5,
            "for low risk only",
        ),
        ("[[rule]]\nname = \"a\"\nescalate = \"4h\"\nexpire = \"2h\"\n", 4, "expire: is before escalate"),
        ("[[rule]]\nname = \"a\"\nremind = \"0m\"\n", 3, "a time is a number"),
        ("[[rule]]\nname = \"a\"\nremind = \"1y\"\n", 3, "a time is a number"),
        ("[[rule]]\nname = \"a\"\nremind = \"91d\"\n", 3, "a time is a number"),
        ("[[rule]]\nname = \"built-in: x\"\n", 2, "without `:`"),
        ("[[rule]]\nname = \"a\\u202eb\"\n", 2, "visible"),
        ("[[rule]]\nname = \"a\"\nenvironment = [\"\"]\n", 3, "a pattern has"),
        ("[[may_i_continue.pattern]]\nname = \"all\"\nphrases = [\"**\"]\n", 1, "every question fits"),
        ("[[rule]\n", 1, ""),
    ] {
        let said = wrong(text);
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains(words), "{text}\n{said}");
    }
    assert!(wrong(&"#".repeat(LONGEST + 1)).contains("at most"));
}

#[test]
fn what_the_file_says_is_what_the_policy_holds() {
    let policy = read(
        "[[rule]]\nname = \"deploys\"\nkind = [\"deployment\"]\nslots = [{kind = \"human\", role = \"release\", \
         assurance = \"signed\"}, {kind = \"agent\", any_of = [\"cp14\", \"cp18\"]}]\nremind = \"30m\"\nescalate = \"2h\"\n\
         expire = \"1d\"\nlive_for = \"1h\"\n",
    )
    .unwrap();
    let [rule] = policy.rules.as_slice() else { panic!("one rule") };
    let said: Vec<String> = rule.slots.iter().map(Slot::to_string).collect();
    assert_eq!(said, ["1 human (release, signed)", "1 agent (cp14 or cp18)"]);
    assert_eq!(rule.terms.escalate, Some(Span::from_hours(2)));
    assert_eq!(rule.terms.expire, Some(Span::from_hours(24)));
    assert_eq!(rule.terms.remind, Some(Span::from_minutes(30)));
    assert_eq!(rule.terms.live_for, Some(Span::from_hours(1)));
}
