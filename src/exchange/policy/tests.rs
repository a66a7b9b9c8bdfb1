//! The file as people get it wrong, and the sample.

use super::*;
use crate::domain::moment::Span;
use crate::domain::principal::Role;

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
        "override",
        "allowed",
        "auto_approve",
        "programs",
        "require_evidence",
        "newcomers",
        "fixed_params",
        "mandatory",
        "document",
        "steps",
        "depth",
        "params",
        "open_requests",
        "json_depth",
        "per_minute",
        "enabled",
        "phase",
        "status",
        "scope",
        "action",
        "runner",
        "directory",
        "grace",
        "snapshot",
        "dry_run",
        "start",
        "promote",
        "rollback",
        "verify",
        "probe",
        "type",
        "max",
        "pattern",
        "allow_dash",
        "directories",
        "list",
        "state",
        "driver",
        "command",
        "metrics",
        "every",
        "timeout",
        "url",
        "error_rate",
        "person",
        "owner",
        "roles",
        "key",
        "valid_after",
        "valid_before",
        "revoked",
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

/// Two keys as `ssh-keygen -t ed25519` writes them.
const ANNS: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICfaXU1hgCCWfkzFsSk2I7iFaHmh2f2Ooag6W+F5uIqm ann@laptop";
const CI: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGUzct/cgsXkxNwgficVAMpc5EQkZLlJUY/vPHW66KOq ci";

#[test]
fn the_roster_says_who_is_whose_and_with_which_keys() {
    let text = format!(
        "[[principal]]\nname = \"ann\"\nkind = \"human\"\nroles = [\"release\", \"lead\"]\n[[principal.key]]\nkey = \"{ANNS}\"\n\
         valid_after = 2026-01-01\nvalid_before = \"2027-01-01T12:00:00Z\"\n[[principal]]\nname = \"ann-phone\"\nkind = \"human\"\n\
         person = \"ann\"\n[[principal]]\nname = \"ci\"\nkind = \"agent\"\nowner = \"ann-phone\"\nroles = [\"agent\"]\n\
         [[principal.key]]\nkey = \"{CI}\"\nrevoked = true\n"
    );
    let roster = read(&text).unwrap_or_else(|e| panic!("{e}")).roster;
    let told: Vec<(&str, PrincipalKind, &str)> =
        roster.principals.iter().map(|p| (p.name.as_str(), p.kind, p.person.as_str())).collect();
    let (human, agent) = (PrincipalKind::Human, PrincipalKind::Agent);
    assert_eq!(told, [("ann", human, "ann"), ("ann-phone", human, "ann"), ("ci", agent, "ann")]);
    assert_eq!(roster.principals[0].roles, [Role::Release, Role::Lead]);
    let key = &roster.principals[0].keys[0];
    assert_eq!(key.fingerprint, "SHA256:/fOUtZpN/MFsmejcmVA4X7mk7D7duAcZYv8ze6UvMLw");
    assert_eq!(key.valid_after.unwrap().iso(), "2026-01-01T00:00:00.000Z");
    assert_eq!(key.valid_before.unwrap().iso(), "2027-01-01T12:00:00.000Z");
    let (owner, key) = roster.key("SHA256:ui3Tv7KKVQNOUXaSBNbIa/sG6mTUFICM/Phlv5VMgWY").unwrap();
    assert_eq!((owner.name.as_str(), key.revoked), ("ci", true));
}

#[test]
fn a_roster_that_contradicts_itself_is_refused_with_its_line_and_key() {
    let human =
        |name: &str, more: &str| format!("[[principal]]\nname = \"{name}\"\nkind = \"human\"\n{more}");
    let agent =
        |name: &str, more: &str| format!("[[principal]]\nname = \"{name}\"\nkind = \"agent\"\n{more}");
    let key = |key: &str, more: &str| format!("[[principal.key]]\nkey = \"{key}\"\n{more}");
    for (text, line, words) in [
        (
            human("ann", "") + &agent("ann", "owner = \"ann\"\n"),
            5,
            "name: there is a principal `ann` already",
        ),
        (human("operator", ""), 2, "name: `operator` is the program's own"),
        (human("system", ""), 2, "name: `system` is the program's own"),
        (human("Ann", ""), 2, "must be 1 to 64 of a-z"),
        (human("ann", "owner = \"ann\"\n"), 4, "owner: ann is a human"),
        (agent("ci", ""), 2, "owner: ci is an agent and has none"),
        (human("ann", "") + &agent("ci", "owner = \"bob\"\n"), 7, "owner: `bob` is no human of the roster"),
        (
            human("ann", "") + &agent("ci", "owner = \"ann\"\n") + &agent("cd", "owner = \"ci\"\n"),
            11,
            "owner: `ci` is no human",
        ),
        (
            human("ann", "") + &agent("ci", "person = \"ann\"\n"),
            7,
            "person: ci is an agent; name its `owner`",
        ),
        (
            human("ann", "person = \"bob\"\n") + &human("bob", "person = \"ann\"\n"),
            4,
            "person: `bob` is the name of",
        ),
        (
            human("ann", "") + &agent("ci", "owner = \"ann\"\nroles = [\"reviewer\"]\n"),
            8,
            "roles: `reviewer` of ci: an agent decides nothing for people",
        ),
        (human("ann", "roles = [\"agent\"]\n"), 4, "roles: `agent` of ann: is for agents"),
        (human("ann", "roles = [\"root\"]\n"), 4, "unknown variant `root`"),
        (human("ann", &key("ssh-rsa AAAA", "")), 5, "key: of ann: ssh-rsa keys are not taken: make one with"),
        (human("ann", &key(ANNS, &key(ANNS, ""))), 7, "named twice for ann"),
        (human("ann", &key(ANNS, "")) + &human("bob", &key(ANNS, "")), 10, "already the key of ann"),
        (human("ann", &key(ANNS, "valid_after = \"soon\"\n")), 6, "valid_after: is a day such as"),
        (
            human("ann", &key(ANNS, "valid_after = 2027-01-02\nvalid_before = 2027-01-01\n")),
            7,
            "valid_before: is not after valid_after",
        ),
        (human("ann", &key(ANNS, "comment = \"x\"\n")), 6, "`comment`"),
    ] {
        let said = wrong(&text);
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains(words), "{text}\n{said}");
    }
}

#[test]
fn limits_go_down_and_up_within_what_was_tried_and_name_their_line_and_key() {
    let policy = read("[limits]\nsteps = 2\nparams = 1000000\nper_minute = 0\n").unwrap();
    assert_eq!(policy.limits.steps, 2);
    assert_eq!(policy.limits.params, 1_000_000);
    assert_eq!(policy.limits.per_minute, Some(0));
    assert_eq!(policy.limits.depth, Policy::BUILT_IN.limits.depth);
    assert_eq!(read("").unwrap().limits, Policy::BUILT_IN.limits);
    for (text, words) in [
        ("[limits]\nsteps = 0\n", "line 2: limits.steps: is 1 to 2000"),
        ("[limits]\n\ndocument = 9000000\n", "line 3: limits.document: is 1024 to 8388608"),
        ("[limits]\nopen_requests = 0\n", "line 2: limits.open_requests: is 1 to 100000"),
        ("[limits]\ndepth = -1\n", "line 2: "),
        ("[limits]\nprose = 1\n", "line 2: unknown field `prose`"),
    ] {
        assert!(wrong(text).starts_with(words), "{}", wrong(text));
    }
}

#[test]
fn a_capability_that_switches_nothing_is_no_capability() {
    for (text, on) in
        [("false\n", false), ("true\n", true), ("false\nstatus = \"pending\"\nphase = \"phase3\"\n", false)]
    {
        let policy = read(&format!("[capabilities.deploy_production]\nenabled = {text}")).unwrap();
        assert_eq!(policy.capabilities.list[0].enabled, on);
    }
    let said = wrong("\n[capabilities.deploy_prod]\nenabled = false\n");
    assert!(said.starts_with("line 2: capabilities: `deploy_prod` switches nothing"), "{said}");
    assert!(wrong("[capabilities.deploy_production]\n").contains("enabled"));
    for (text, words) in [
        (
            "enabled = true\nstatus = \"pending\"\n",
            "line 2: capabilities.deploy_production: what is pending is not on",
        ),
        ("enabled = true\nstatus = \"soon\"\n", "line 3: "),
        (
            "enabled = true\nkind = [\"plan\"]\n",
            "line 1: capabilities.deploy_production: is about deployments",
        ),
        (
            "enabled = true\nscope = [\"srv/x\"]\n",
            "line 3: capabilities.deploy_production.scope: `srv/x` is neither",
        ),
        (
            "enabled = true\nscope = [\"/srv/../x\"]\n",
            "line 3: capabilities.deploy_production.scope: `/srv/../x` leads out",
        ),
        ("enabled = true\nphase = \"\"\n", "line 3: capabilities: a phase"),
    ] {
        let said = wrong(&format!("[capabilities.deploy_production]\n{text}"));
        assert!(said.starts_with(words), "{said}");
    }
}
