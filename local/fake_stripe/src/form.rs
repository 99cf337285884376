//! Form parameters as Stripe's libraries write them: `metadata[order]=1&expand[0]=latest_charge`.

use std::collections::{BTreeMap, BTreeSet};

/// Parameters of one request, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the query and the body; both may carry parameters.
    pub(crate) fn parse(query: &str, body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A parameter's value; the last one counts, and an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is `true`.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The members of a hash: `metadata[order]` is member `order` of `metadata`.
    pub(crate) fn members(&self, name: &str) -> BTreeMap<String, String> {
        let member = |key: &str| {
            let inner = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            (!inner.contains(['[', ']'])).then(|| inner.to_owned())
        };
        self.0.iter().filter_map(|(key, value)| Some((member(key)?, value.clone()))).collect()
    }

    /// The entries of an array, written as `name[]`, `name[0]` or `name` itself.
    pub(crate) fn entries(&self, name: &str) -> Vec<&str> {
        let belongs = |key: &str| {
            key == name
                || key
                    .strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'))
                    .is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        };
        self.0.iter().filter(|(key, _)| belongs(key)).map(|(_, value)| value.as_str()).collect()
    }

    /// Names of the parameters without what stands in brackets.
    pub(crate) fn roots(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(key, _)| key.split('[').next().unwrap_or(key)).collect()
    }

    /// The parameters in an order of their own: two requests with the same parameters have the same text.
    pub(crate) fn canonical(&self) -> String {
        let mut pairs = self.0.clone();
        pairs.sort();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_arrays_are_read_as_stripes_libraries_write_them() {
        let form = Form::parse("expand[0]=latest_charge", b"metadata%5Border%5D=a+b&expand[]=x&amount=5&empty=");
        assert_eq!(form.members("metadata"), BTreeMap::from([("order".to_owned(), "a b".to_owned())]));
        assert_eq!(form.entries("expand"), ["latest_charge", "x"]);
        assert_eq!(form.get("amount"), Some("5"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.roots(), BTreeSet::from(["amount", "empty", "expand", "metadata"]));
    }

    #[test]
    fn the_order_of_parameters_does_not_matter_for_their_comparison() {
        let one = Form::parse("", b"a=1&b=2");
        assert_eq!(one.canonical(), Form::parse("", b"b=2&a=1").canonical());
        assert_ne!(one.canonical(), Form::parse("", b"b=2&a=2").canonical());
    }

    #[test]
    fn members_are_one_level_deep() {
        let form = Form::parse("", b"card[number]=42&payment_method_data[card][number]=43&cardx[a]=1");
        assert_eq!(form.members("card").len(), 1);
        assert_eq!(form.members("payment_method_data[card]")["number"], "43");
    }
}
