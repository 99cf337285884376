//! The words by which a ticket is found.

use crate::limits::SEARCH_WORDS_MAX;

/// Words that say nothing about a ticket, in the languages of the site.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "am", "auf", "bei",
    "das", "dem", "den", "der", "die", "ein", "eine", "für", "im", "mit", "und", "von", "zu", "zum", "zur",
];

/// Most characters of a word that count; longer words match by their beginning.
const WORD_MAX_CHARS: usize = 24;

/// The distinct words of the texts in order of appearance: in lower case, at most twelve, without stop words.
///
/// A ticket is found by the words of its title and then of its venue; a query is split in the same way.
pub fn search_words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in texts {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            // What a letter brings along when it is lowered, as the dot of `İ`, is no letter: no word has it.
            let letters = word.to_lowercase();
            let word: String = letters.chars().filter(|c| c.is_alphanumeric()).take(WORD_MAX_CHARS).collect();
            if word.is_empty() || STOP_WORDS.contains(&word.as_str()) || words.contains(&word) {
                continue;
            }
            words.push(word);
            if words.len() == SEARCH_WORDS_MAX {
                return words;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_distinct_and_bounded() {
        assert_eq!(search_words(["The Magic Flute: MAGIC!", "Oper Köln"]), ["magic", "flute", "oper", "köln"]);
        let many = (0..40).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(search_words([many.as_str()]).len(), 12);
        assert_eq!(search_words(["x".repeat(200).as_str()]), ["x".repeat(24)]);
        assert!(search_words(["the, and; …"]).is_empty());
        assert_eq!(search_words(["İstanbul"]), ["istanbul"]);
    }
}
