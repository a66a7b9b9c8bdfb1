//! The fields of a plan one by one, each under a name that no other can have, with its value as it is stored.

use crate::domain::canon::canonical_or_poison;
use crate::domain::content::Content;
use crate::domain::text::Text;
use serde_json::Value;

/// The fields of a plan by name, in document order: the target, and each step's commands and parameters.
pub fn fields(content: &Content) -> Vec<(String, Text)> {
    let target = &content.target;
    let places =
        [("environment", &target.environment), ("service", &target.service), ("tenant", &target.tenant)];
    let mut all: Vec<(String, Text)> = places
        .into_iter()
        .filter_map(|(name, value)| Some((format!("target:{name}"), Text::from(value.as_ref()?.as_str()))))
        .collect();
    let text = |value: &Value| match value {
        Value::String(text) => Text::from(text.as_str()),
        other => Text::new(canonical_or_poison(other)),
    };
    for step in &content.steps {
        for (name, argv) in [("run", &step.run), ("undo", &step.undo)] {
            if let Some(argv) = argv {
                let argv: Vec<&str> = argv.iter().map(Text::raw).collect();
                all.push((format!("{}:{name}", step.id), Text::new(canonical_or_poison(&argv))));
            }
        }
        for (key, value) in &step.params {
            all.push((format!("{}:param:{key}", step.id), text(value)));
        }
    }
    all
}
