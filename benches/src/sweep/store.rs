//! What a sweep has measured so far: lines of JSON, and the same as a table.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::plan::Combination;

/// The results of a directory. Both files are whole after each result.
pub(super) struct Store {
    lines: PathBuf,
    table: PathBuf,
    results: Vec<Map<String, Value>>,
}

impl Store {
    /// Takes what `directory` has. A last line that is not whole is dropped; so are those of combinations that
    /// failed, to be tried again.
    ///
    /// # Errors
    /// Another line is broken, or a file cannot be read or written.
    pub(super) fn open(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let lines = directory.join("sweep.jsonl");
        let text = match std::fs::read(&lines) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.with_context(|| format!("cannot read {}", lines.display()))?,
        };
        let store = Self {
            results: results(&text).with_context(|| lines.display().to_string())?,
            lines,
            table: directory.join("sweep.csv"),
        };
        let mut text = String::new();
        for result in &store.results {
            text += &serde_json::to_string(result)?;
            text.push('\n');
        }
        replace(&store.lines, &text)?;
        store.write_table()?;
        Ok(store)
    }

    /// Whether this was measured.
    pub(super) fn has(&self, combination: &Combination) -> bool {
        let Ok(own) = serde_json::to_value(combination) else {
            return false;
        };
        self.results
            .iter()
            .any(|result| result.get("combination") == Some(&own))
    }

    /// Adds what was measured, or why it was not.
    pub(super) fn add(&mut self, result: Map<String, Value>) -> Result<()> {
        let mut line = serde_json::to_string(&result)?;
        line.push('\n');
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.lines);
        let written = file.and_then(|mut file| {
            file.write_all(line.as_bytes())?;
            file.sync_data()
        });
        written.with_context(|| format!("cannot write {}", self.lines.display()))?;
        self.results.push(result);
        self.write_table()
    }

    fn write_table(&self) -> Result<()> {
        replace(&self.table, &table(&self.results))
    }
}

/// The lines that were measured.
fn results(text: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let mut results = Vec::new();
    let whole = text.ends_with(b"\n");
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let filled = |line: &&[u8]| !line.iter().all(u8::is_ascii_whitespace);
    let last = lines.iter().rposition(filled);
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| filled(line)) {
        match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(result) if result.contains_key("error") => {}
            Ok(result) => results.push(result),
            // It was being written when the sweep ended.
            Err(_) if Some(index) == last && !whole => {
                tracing::info!("the last line was not whole");
            }
            Err(error) => return Err(error).with_context(|| format!("line {}", index + 1)),
        }
    }
    Ok(results)
}

/// Writes `text` into a file of that name, in one step.
fn replace(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_data()
    });
    written
        .and_then(|()| std::fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The results as a table with commas (RFC 4180): a column for each number, text or truth value that any of them has,
/// named by its path as `latency_ms.p95`, those of the combination first; lists are their values with semicolons.
fn table(results: &[Map<String, Value>]) -> String {
    let rows: Vec<Vec<(String, String)>> = results.iter().map(flat).collect();
    let names: BTreeSet<&String> = rows.iter().flatten().map(|(name, _)| name).collect();
    let (mut columns, others): (Vec<&String>, Vec<&String>) = names
        .into_iter()
        .partition(|name| name.starts_with("combination."));
    columns.extend(others);
    if columns.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    let mut line = |cells: Vec<String>| {
        text += &cells.join(",");
        text += "\r\n";
    };
    line(columns.iter().map(|name| quoted(name)).collect());
    for row in &rows {
        let cell = |column: &&String| {
            let found = row.iter().find(|(name, _)| name == *column);
            found.map(|(_, value)| quoted(value)).unwrap_or_default()
        };
        line(columns.iter().map(cell).collect());
    }
    text
}

/// Each value with its path.
fn flat(result: &Map<String, Value>) -> Vec<(String, String)> {
    fn visit(path: &str, value: &Value, cells: &mut Vec<(String, String)>) {
        match value {
            Value::Object(values) => {
                for (name, value) in values {
                    visit(&format!("{path}.{name}"), value, cells);
                }
            }
            Value::Array(values) => {
                let texts: Vec<String> = values.iter().map(text).collect();
                cells.push((path.to_owned(), texts.join(";")));
            }
            value => cells.push((path.to_owned(), text(value))),
        }
    }
    let mut cells = Vec::new();
    for (name, value) in result {
        visit(name, value, &mut cells);
    }
    cells
}

/// As it stands in a cell: nothing for null.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_table_has_a_column_for_every_field_of_any_line() {
        let text = table(&[
            map(r#"{"a":1,"latency_ms":{"p50":2.5},"combination":{"rate":"20mbit,5mbit@1s"}}"#),
            map(r#"{"error":"said \"no\"","combination":{"rate":"2mbit"},"over":[1,null,2]}"#),
        ]);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "combination.rate,a,error,latency_ms.p50,over",
                "\"20mbit,5mbit@1s\",1,,2.5,",
                "2mbit,,\"said \"\"no\"\"\",,1;;2",
                "",
            ]
        );
    }

    #[test]
    fn a_last_line_cut_short_is_dropped_and_another_is_an_error() {
        let text = b"{\"a\":1}\n\n{\"a\":2}\n{\"a\":";
        assert_eq!(results(text).unwrap().len(), 2);
        let broken = b"{\"a\":1}\n{\"a\":\n{\"a\":3}\n";
        let error = format!("{:#}", results(broken).unwrap_err());
        assert!(error.starts_with("line 2"), "{error}");
        assert!(results(b"[1]\n").is_err());
        assert!(results(b"").unwrap().is_empty());
    }

    #[test]
    fn what_failed_is_forgotten_so_that_it_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(directory.path()).unwrap();
        store.add(map(r#"{"combination":1,"mbit":2}"#)).unwrap();
        store.add(map(r#"{"combination":2,"error":"no"}"#)).unwrap();
        let path = directory.path().join("sweep.jsonl");
        let lines = |path| std::fs::read_to_string(path).unwrap().lines().count();
        assert_eq!(lines(&path), 2);
        let again = Store::open(directory.path()).unwrap();
        assert_eq!((again.results.len(), lines(&path)), (1, 1));
    }
}
