//! Conditional updates whose names stand in their expressions: DynamoDB refuses a name or a value that none uses.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use crate::keys::{Item, n, s};
use crate::trace;

/// An update of one item that happens if its condition holds, and that answers the image it made or the one it lost to.
///
/// Each `#name` of the expressions stands for the attribute `name`; `:one`, which counts the version, `:trace`, which is the
/// request's, and those of the `states` are set where the expressions use them.
pub(crate) fn conditional(
    client: &Client,
    table: &str,
    key: Item,
    condition: &str,
    update: &str,
    states: &[(&str, &str)],
) -> UpdateItemFluentBuilder {
    let mut builder = client
        .update_item()
        .table_name(table)
        .set_key(Some(key))
        .condition_expression(condition)
        .update_expression(update)
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    if uses(&[update], ":one") {
        builder = builder.expression_attribute_values(":one", n(1));
    }
    if uses(&[update], ":trace") {
        builder = builder.expression_attribute_values(":trace", trace::of_request());
    }
    for expression in [condition, update] {
        for name in tokens(expression).filter_map(|token| token.strip_prefix('#')) {
            builder = builder.expression_attribute_names(format!("#{name}"), name);
        }
    }
    for &(value, state) in states {
        if uses(&[condition, update], value) {
            builder = builder.expression_attribute_values(value, s(state));
        }
    }
    builder
}

/// Whether one of the expressions uses `token`, a name or a value with its first character.
fn uses(expressions: &[&str], token: &str) -> bool {
    expressions.iter().any(|expression| tokens(expression).any(|used| used == token))
}

fn tokens(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '#' | ':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_whole_names() {
        let expression = "(#state = :held OR attribute_exists(#due_at)) AND #due_shard=:held_long";
        assert!(
            uses(&[expression], ":held") && uses(&[expression], "#due_at") && uses(&["", expression], "#due_shard")
        );
        assert!(!uses(&[expression], ":held_") && !uses(&[expression], "#due") && !uses(&[expression], "held"));
    }
}
