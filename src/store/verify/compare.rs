//! The rebuilt tables beside the kept ones.

use super::Report;
use crate::domain::names::RequestId;
use crate::store::failure::{Failure, failed};
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use std::cmp::Ordering;

pub(super) fn schema_of(conn: &Connection) -> Result<Vec<(String, String)>, Failure> {
    let reading = |e| failed("reading the schema", e);
    let mut query = conn
        .prepare("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1")
        .map_err(reading)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(reading)?;
    rows.collect::<rusqlite::Result<_>>().map_err(reading)
}

/// Merges two sorted readings of one table; every row that is only in one of them is a problem.
pub(super) fn compare(
    stored: &Connection,
    fresh: &Connection,
    table: &str,
    columns: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let reading = |e| failed("comparing the derived tables", e);
    let sql = format!("SELECT {columns} FROM {table} ORDER BY {columns}");
    let mut a = match stored.prepare(&sql) {
        Ok(query) => query,
        // The table is gone, or has other columns.
        Err(e) => {
            report.wrong(None, format!("derived table {table} cannot be read: {e}"));
            return Ok(());
        }
    };
    let mut b = fresh.prepare(&sql).map_err(reading)?;
    let (mut a, mut b) = (a.query([]).map_err(reading)?, b.query([]).map_err(reading)?);
    let (mut left, mut right) = (next(&mut a)?, next(&mut b)?);
    while left.is_some() || right.is_some() {
        let order = match (&left, &right) {
            (Some(l), Some(r)) => by_value(l, r),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        let words = |row: &Option<Vec<Value>>| row.as_deref().map(described).unwrap_or_default();
        if knows_redacted(order, table, left.as_deref(), right.as_deref(), report) {
            report.stale_rows += 1;
            left = next(&mut a)?;
            if table == "requests" {
                right = next(&mut b)?;
            }
            continue;
        }
        match order {
            Ordering::Less => {
                report.wrong(
                    None,
                    format!("derived table {table}: the log does not give the row {}", words(&left)),
                );
                left = next(&mut a)?;
            }
            Ordering::Greater => {
                report.wrong(None, format!("derived table {table}: the row {} is missing", words(&right)));
                right = next(&mut b)?;
            }
            Ordering::Equal => (left, right) = (next(&mut a)?, next(&mut b)?),
        }
    }
    Ok(())
}

/// Whether a stored row differs only because it still holds the words of a payload that is gone: the title of a
/// request, a name it could be called by, or the reason of an override.
fn knows_redacted(
    order: Ordering,
    table: &str,
    stored: Option<&[Value]>,
    fresh: Option<&[Value]>,
    report: &Report,
) -> bool {
    let is_redacted = |value: Option<&Value>| match value {
        Some(Value::Integer(id)) => {
            u64::try_from(*id).is_ok_and(|id| report.redacted.contains(&RequestId::new(id)))
        }
        _ => false,
    };
    let Some(stored) = stored else { return false };
    match table {
        "requests" if order != Ordering::Equal => {
            const TITLE: usize = 4;
            let others = |row: &[Value]| -> Vec<Value> {
                row.iter().enumerate().filter(|(n, _)| *n != TITLE).map(|(_, value)| value.clone()).collect()
            };
            is_redacted(stored.first()) && fresh.is_some_and(|fresh| others(fresh) == others(stored))
        }
        "names" | "words" => order == Ordering::Less && is_redacted(stored.get(1)),
        "reasons" | "failures" => order == Ordering::Less && is_redacted(stored.get(2)),
        _ => false,
    }
}

fn next(rows: &mut rusqlite::Rows<'_>) -> Result<Option<Vec<Value>>, Failure> {
    let reading = |e| failed("comparing the derived tables", e);
    let Some(row) = rows.next().map_err(reading)? else { return Ok(None) };
    let count = row.as_ref().column_count();
    (0..count)
        .map(|n| {
            row.get_ref(n).map(|value| match value {
                // Bytes that are no text are no value of ours; as bytes they equal none.
                ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => Value::Blob(bytes.to_vec()),
                ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => Value::Integer(n),
                ValueRef::Real(n) => Value::Real(n),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            })
        })
        .collect::<rusqlite::Result<Vec<Value>>>()
        .map(Some)
        .map_err(reading)
}

/// SQLite's own order of values, which is the order the rows come in.
fn by_value(a: &[Value], b: &[Value]) -> Ordering {
    let class = |v: &Value| match v {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    let one = |a: &Value, b: &Value| match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Real(a), Value::Real(b)) => a.total_cmp(b),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
        (a, b) => class(a).cmp(&class(b)),
    };
    a.iter().zip(b).map(|(a, b)| one(a, b)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

/// The first columns of a row, enough to find it.
fn described(row: &[Value]) -> String {
    let words = row.iter().take(4).map(|value| match value {
        Value::Null => "–".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Real(n) => n.to_string(),
        Value::Text(t) => t.chars().take(60).collect(),
        Value::Blob(_) => "blob".to_owned(),
    });
    format!("({})", words.collect::<Vec<_>>().join(", "))
}
