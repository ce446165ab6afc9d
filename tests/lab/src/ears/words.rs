//! Speech to text, offline: a Python program in a virtual environment under
//! `build/` (see `scripts/ears.py`).

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use super::Heard;
use crate::error::{LabError, Result};
use crate::paths;

/// How long one recording may take. A cold start of the model takes 3 s.
const LIMIT: Duration = Duration::from_secs(120);

/// The share of a sentence's words that must be understood in their order.
/// Single words are misheard; the rest tells sentences apart.
const LIKE: f64 = 0.7;

/// Which program listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recogniser {
    /// A small Whisper model; good at free text over a telephone line.
    Whisper,
    /// PocketSphinx with a grammar of expected sentences; exact among them.
    Sphinx,
}

impl Heard {
    /// The words that were said, lower case, without punctuation, digits as words.
    pub async fn words(&self) -> Result<String> {
        self.recognise(Recogniser::Whisper, &[]).await
    }

    /// Which of these sentences was said; empty when it was none of them.
    pub async fn which_of(&self, sentences: &[&str]) -> Result<String> {
        let plain_sentences: Vec<String> = sentences.iter().map(|s| plain(s)).collect();
        let heard = self.recognise(Recogniser::Sphinx, &plain_sentences).await?;
        let place = plain_sentences.iter().position(|s| *s == heard);
        Ok(place.map(|i| sentences[i].to_owned()).unwrap_or_default())
    }

    /// Whether this sentence was said.
    pub async fn says(&self, sentence: &str) -> Result<bool> {
        Ok(self.says_rather_than(sentence, &[]).await?.0)
    }

    /// Whether `sentence` was said and none of `others`, with the words as they
    /// were understood.
    ///
    /// Neither recogniser is right about every synthetic voice over a telephone
    /// line: the model for free text stumbles over product names and digits, the
    /// other over endings. It was said if one of them is sure.
    pub async fn says_rather_than(
        &self,
        sentence: &str,
        others: &[&str],
    ) -> Result<(bool, String)> {
        if !others.is_empty() {
            let all: Vec<&str> = others.iter().copied().chain([sentence]).collect();
            let which = self.which_of(&all).await?;
            if which == sentence {
                return Ok((true, which));
            }
        }
        let words = self.words().await?;
        let like = likeness(&words, sentence);
        let likest = others.iter().all(|other| likeness(&words, other) < like);
        Ok((like >= LIKE && likest, words))
    }

    async fn recognise(&self, with: Recogniser, sentences: &[String]) -> Result<String> {
        if self.is_silent() {
            return Ok(String::new());
        }
        let python = python()?;
        let dir = paths::build().join("heard");
        std::fs::create_dir_all(&dir).map_err(|e| LabError::file(&dir, e))?;
        let wav = dir.join(format!("{}.wav", uuid::Uuid::new_v4().simple()));
        self.write_wav(&wav)?;
        let mut command = Command::new(python);
        command
            .arg(paths::lab().join("scripts/ears.py"))
            .arg(match with {
                Recogniser::Whisper => "whisper",
                Recogniser::Sphinx => "sphinx",
            })
            .arg(&wav)
            .args(sentences)
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output()).await;
        let _ = std::fs::remove_file(&wav);
        let output = output.map_err(|_| LabError::Timeout {
            what: "the recogniser".into(),
            after_ms: LIMIT.as_millis(),
        })??;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(LabError::failed(format!("the recogniser failed: {why}")));
        }
        Ok(plain(&String::from_utf8_lossy(&output.stdout)))
    }
}

fn python() -> Result<PathBuf> {
    let python = paths::build().join("venv/bin/python");
    if python.exists() {
        return Ok(python);
    }
    Err(LabError::failed(format!(
        "{} is missing; `make setup` makes it",
        python.display()
    )))
}

/// Lower case words with single spaces; digits become words one by one, since
/// recognisers write the same digits in many ways.
pub fn plain(text: &str) -> String {
    const DIGITS: [&str; 10] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    let mut out = String::new();
    let mut characters = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(c) = characters.next() {
        match c.to_digit(10) {
            Some(1) if characters.next_if_eq(&'0').is_some() => out.push_str(" ten "),
            Some(digit) => {
                out.push(' ');
                out.push_str(DIGITS[digit as usize]);
                out.push(' ');
            }
            None if c.is_alphanumeric() || c == '\'' => out.push(c),
            None => out.push(' '),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The share of the words of `expected` that occur in `heard` in their order.
pub fn likeness(heard: &str, expected: &str) -> f64 {
    let (heard, expected) = (plain(heard), plain(expected));
    let heard: Vec<&str> = heard.split(' ').collect();
    let expected: Vec<&str> = expected.split(' ').collect();
    // Longest common subsequence, one row at a time.
    let mut row = vec![0usize; heard.len() + 1];
    for word in &expected {
        let mut diagonal = 0;
        for (i, other) in heard.iter().enumerate() {
            let above = row[i + 1];
            row[i + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[i])
            };
            diagonal = above;
        }
    }
    row[heard.len()] as f64 / expected.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_words_however_they_are_written() {
        assert_eq!(
            plain("You entered 1-3 79."),
            "you entered one three seven nine"
        );
        assert_eq!(plain("Recording for 10s"), "recording for ten s");
    }

    #[test]
    fn likeness_counts_words_in_order() {
        assert_eq!(likeness("Hello, pivot!", "hello pivot"), 1.0);
        assert_eq!(likeness("pivot hello", "hello pivot"), 0.5);
        assert_eq!(likeness("", "hello pivot"), 0.0);
        assert_eq!(likeness("well hello there pivot", "hello pivot"), 1.0);
    }
}
