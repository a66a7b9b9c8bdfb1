//! The table: a measure, what it must be, what it is beside its baseline, and whether that is enough.

#[derive(Default)]
pub struct Table(Vec<Row>);

struct Row {
    measure: String,
    figure: String,
    baseline: String,
    ratio: f64,
    must: f64,
    at_least: bool,
}

impl Table {
    /// A figure that must be at most `must` times its baseline.
    pub fn at_most(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str), must: f64) {
        self.row(measure, figure, baseline, must, false);
    }

    /// A rate that must be at least `must` times its baseline.
    pub fn at_least(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str), must: f64) {
        self.row(measure, figure, baseline, must, true);
    }

    fn row(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str), must: f64, at_least: bool) {
        let ratio = if baseline.0 == 0.0 { figure.0 } else { figure.0 / baseline.0 };
        let words = |(value, unit): (f64, &str)| format!("{} {unit}", number(value));
        let row = Row {
            measure: measure.to_owned(),
            figure: words(figure),
            baseline: words(baseline),
            ratio,
            must,
            at_least,
        };
        eprintln!("  {}: {} / {} = {:.2}", row.measure, row.figure, row.baseline, row.ratio);
        self.0.push(row);
    }

    /// Prints it as Markdown.
    pub fn print(&self) {
        println!("| measure | here | baseline | ratio | must | |\n| --- | ---: | ---: | ---: | ---: | --- |");
        for row in &self.0 {
            let met = if row.at_least { row.ratio >= row.must } else { row.ratio <= row.must };
            let sign = if row.at_least { "≥" } else { "≤" };
            println!(
                "| {} | {} | {} | {:.2} | {sign} {} | {} |",
                row.measure,
                row.figure,
                row.baseline,
                row.ratio,
                number(row.must),
                if met { "met" } else { "**missed**" }
            );
        }
    }
}

/// Three digits that mean something.
pub fn number(value: f64) -> String {
    match value {
        v if v == 0.0 || v.fract() == 0.0 && v < 1e6 => format!("{v:.0}"),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// The median and the 99th (or 95th) percentile of what was measured.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() * percent) / 100).min(values.len() - 1)]
}
