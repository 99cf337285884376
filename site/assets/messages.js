// What is done with the texts of `site/messages`: filling placeholders and choosing a plural. Texts are imported where they
// are used, by name, so that each page is sent only those that it can say.

import * as text from "#messages";

/**
 * A text with its placeholders filled.
 * @param {string} message "Use at least {min} characters."
 * @param {Record<string, string | number>} values
 */
export const fill = (message, values) => message.replaceAll(/\{(\w+)\}/gu, (_, name) => String(values[name] ?? ""));

/** @typedef {Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }} Plural */

/**
 * The text that goes with this number, which stands at `{count}`.
 * @param {number} count
 * @param {Plural} forms
 */
export const plural = (count, forms) =>
  fill(forms[new Intl.PluralRules(text.languageLocale).select(count)] ?? forms.other, { count });
