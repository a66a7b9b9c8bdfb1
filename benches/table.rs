//! The table: a measure, what it must be, what it is beside its baseline, and whether that is enough.

#[derive(Default)]
pub struct Table(Vec<Row>);

struct Row {
    measure: String,
    figure: String,
    baseline: String,
    ratio: f64,
    /// What the ratio must be, and whether that is the least it may be; nothing where it is only told.
    must: Option<(f64, bool)>,
}

impl Table {
    /// A figure that must be at most `must` times its baseline.
    pub fn at_most(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str), must: f64) {
        self.row(measure, figure, baseline, Some((must, false)));
    }

    /// A rate that must be at least `must` times its baseline.
    pub fn at_least(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str), must: f64) {
        self.row(measure, figure, baseline, Some((must, true)));
    }

    /// A figure beside its baseline that nothing is asked of.
    pub fn told(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str)) {
        self.row(measure, figure, baseline, None);
    }

    fn row(&mut self, measure: &str, figure: (f64, &str), baseline: (f64, &str), must: Option<(f64, bool)>) {
        let ratio = if baseline.0 == 0.0 { figure.0 } else { figure.0 / baseline.0 };
        let words = |(value, unit): (f64, &str)| format!("{} {unit}", number(value));
        let row = Row {
            measure: measure.to_owned(),
            figure: words(figure),
            baseline: words(baseline),
            ratio,
            must,
        };
        eprintln!("  {}: {} / {} = {:.2}", row.measure, row.figure, row.baseline, row.ratio);
        self.0.push(row);
    }

    /// Prints it as Markdown.
    pub fn print(&self) {
        println!("| measure | here | baseline | ratio | must | |\n| --- | ---: | ---: | ---: | ---: | --- |");
        for row in &self.0 {
            let (must, met) = row.verdict();
            println!(
                "| {} | {} | {} | {:.2} | {must} | {met} |",
                row.measure, row.figure, row.baseline, row.ratio
            );
        }
    }

    /// Writes the ratios into the README, between the two lines that are there for it.
    pub fn write_into(&self, file: &std::path::Path) {
        const BEGIN: &str = "<!-- bench: written by `cargo bench`, never by hand -->\n";
        const END: &str = "<!-- /bench -->";
        let text = std::fs::read_to_string(file).unwrap();
        let (before, rest) = text.split_once(BEGIN).expect("a line where the table begins");
        let (_, after) = rest.split_once(END).expect("a line where the table ends");
        let mut table = "| measure | must | measured | |\n| --- | ---: | ---: | --- |\n".to_owned();
        for row in &self.0 {
            let (must, met) = row.verdict();
            table += &format!("| {} | {must} | {:.2} | {met} |\n", row.measure, row.ratio);
        }
        std::fs::write(file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    }
}

impl Row {
    /// What it must be, and whether it is, in words.
    fn verdict(&self) -> (String, &'static str) {
        let Some((must, at_least)) = self.must else { return (String::new(), "") };
        let met = if at_least { self.ratio >= must } else { self.ratio <= must };
        let sign = if at_least { "≥" } else { "≤" };
        (format!("{sign} {}", number(must)), if met { "met" } else { "**missed**" })
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
