//! `pivot import`: documents into the store, all or none.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::check::folder;
use super::stored::{Shelf, failed};
use super::{ConfigFile, ERRORS, USAGE, block_on, complain, say};
use crate::id::AccountId;
use crate::import::{Batch, Written};
use crate::report::Severity;

/// Findings of one file that are shown to people; programs get all.
const SHOWN: usize = 50;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// JSON documents, or exports of Kazoo's; of a folder, all `.json` files in it.
    /// `menus/main.json` is the menu `main`, unless the document says otherwise.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
    /// Whose they become; the configuration's own account when absent. Of an export
    /// of several accounts, also which of them is taken.
    #[arg(long)]
    account: Option<String>,
    /// Leave out what is wrong, instead of writing nothing.
    #[arg(long)]
    skip_bad: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    match block_on(import(arguments)) {
        Ok(Ok(code) | Err(code)) => code,
        Err(error) => {
            complain(error);
            ExitCode::from(ERRORS)
        }
    }
}

async fn import(arguments: &Arguments) -> Result<ExitCode, ExitCode> {
    let usage = |message: &dyn std::fmt::Display| {
        complain(message);
        ExitCode::from(USAGE)
    };
    let shelf = Shelf::open(&arguments.config).await?;
    let account = shelf.named(arguments.account.as_deref())?;
    let files = folder::files_of(&arguments.files, &["json"]);
    if files.is_empty() {
        return Err(usage(&"there is no .json file in what you named"));
    }
    let mut batch = Batch::read(&files)
        .map_err(|(file, error)| usage(&format!("{}: {error}", file.display())))?;
    let wanted = arguments.account.is_some().then_some(&account);
    batch.only(wanted).map_err(|error| usage(&error))?;
    if !batch.has_account() {
        shelf.must_exist(&account).await?;
    }
    let flows = shelf.config.flows.dir.clone();
    let checked = batch.check(&shelf.catalog, &account, &flows);
    checked.await.map_err(failed)?;
    let refused = batch.counts().0 > 0 && !arguments.skip_bad;
    let mut written = Written::new();
    if !refused {
        written = batch
            .write(&shelf.catalog, &account)
            .await
            .map_err(failed)?;
    }
    let told = Told {
        batch: &batch,
        account: &account,
        written: &written,
        refused,
    };
    if arguments.json {
        say(format!("{:#}", told.json()));
    } else {
        told.print();
    }
    Ok(ExitCode::from(if refused { ERRORS } else { 0 }))
}

struct Told<'t> {
    batch: &'t Batch,
    account: &'t AccountId,
    written: &'t Written,
    refused: bool,
}

impl Told<'_> {
    fn json(&self) -> Value {
        let findings = self.batch.sources.iter();
        let findings: Vec<Value> = findings
            .flat_map(|source| source.report.to_json(&source.name, &source.text))
            .collect();
        json!({
            "account": self.account.as_str(),
            "done": !self.refused,
            "written": self.written,
            "bad": self.bad(),
            "left_out": self.batch.left_out,
            "findings": findings,
        })
    }

    /// The documents that are wrong, by kind.
    fn bad(&self) -> BTreeMap<&'static str, Vec<&str>> {
        let mut bad: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (kind, id) in self.batch.bad() {
            bad.entry(kind.name()).or_default().push(id);
        }
        bad
    }

    fn print(&self) {
        let color = std::io::stdout().is_terminal();
        for source in &self.batch.sources {
            let mut report = source.report.clone();
            // What must be put right comes first.
            report
                .diagnostics
                .sort_by_key(|found| (found.severity == Severity::Warning, found.span.start));
            let more = report.diagnostics.len().saturating_sub(SHOWN);
            report.diagnostics.truncate(SHOWN);
            let shown = report.render(&source.name, &source.text, color);
            if !shown.is_empty() {
                say(shown.trim_end());
            }
            if more > 0 {
                say(format!("{}: {more} more; --json prints all", source.name));
            }
        }
        for (kind, fates) in self.written {
            say(format!(
                "{kind:<22}{:>6} new {:>6} changed {:>6} as they were",
                fates.new, fates.changed, fates.unchanged
            ));
        }
        for (name, count) in &self.batch.left_out {
            say(format!(
                "left out: {count} × {name}, which pivot does not import"
            ));
        }
        for (kind, ids) in self.bad() {
            let verb = if self.refused { "wrong" } else { "left out" };
            say(format!("{verb}: {kind} {}", ids.join(", ")));
        }
        let (errors, warnings) = self.batch.counts();
        say(if self.refused {
            format!(
                "{errors} errors, {warnings} warnings: nothing was written; --skip-bad leaves out \
                 what is wrong"
            )
        } else {
            format!(
                "account {}: imported, {errors} errors, {warnings} warnings",
                self.account
            )
        });
    }
}
