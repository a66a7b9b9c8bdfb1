//! What the kernel tells of this machine: `/proc/stat` and `/proc/meminfo`.

use crate::domain::rollout::Amount;

/// How long the processors have run, and been busy, since the machine was started; in ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticks {
    busy: u64,
    all: u64,
}

/// Reads `/proc/stat`; nothing when it is another file.
pub fn ticks(stat: &str) -> Option<Ticks> {
    let mut words = stat.lines().next()?.split_whitespace();
    if words.next()? != "cpu" {
        return None;
    }
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let ticks: Vec<u64> = words.take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
    let all = ticks.iter().try_fold(0u64, |all, some| all.checked_add(*some))?;
    let idle = ticks.get(3)?.checked_add(*ticks.get(4)?)?;
    Some(Ticks { busy: all.checked_sub(idle)?, all })
}

/// How busy the processors were between two looks, in percent; nothing when no time went by.
pub fn busy(before: Ticks, now: Ticks) -> Option<Amount> {
    let (busy, all) = (now.busy.checked_sub(before.busy)?, now.all.checked_sub(before.all)?);
    percent(busy.min(all), all)
}

/// How much memory is in use, in percent; nothing when this is another file than `/proc/meminfo`.
pub fn memory(meminfo: &str) -> Option<Amount> {
    let field = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let (all, available) = (field("MemTotal")?, field("MemAvailable")?);
    percent(all.checked_sub(available)?, all)
}

fn percent(part: u64, all: u64) -> Option<Amount> {
    let millionths = (u128::from(part) * 100_000_000).checked_div(u128::from(all))?;
    i64::try_from(millionths).ok().map(Amount::millionths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_busy_is_what_was_not_idle_between_two_looks() {
        let before = ticks("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2\n").unwrap();
        let now = ticks("cpu  160 0 115 715 110 0 0 0 60 0\n").unwrap();
        assert_eq!(busy(before, now), Some(Amount::whole(75)));
        assert_eq!(busy(now, now), None);
        assert_eq!(busy(now, before), None, "counters that went back tell nothing");
        for odd in ["", "cpu0 1 2 3 4 5", "cpu  1 2 3", "cpu  1 2 3 4 five"] {
            assert_eq!(ticks(odd), None, "{odd}");
        }
    }

    #[test]
    fn memory_in_use_is_what_is_not_available() {
        let text = "MemTotal:        1000 kB\nMemFree:  10 kB\nMemAvailable:     150 kB\n";
        assert_eq!(memory(text), Some(Amount::whole(85)));
        assert_eq!(memory("MemTotal: 0 kB\nMemAvailable: 0 kB\n"), None);
        assert_eq!(memory("MemTotal: 5 kB\n"), None);
    }
}
