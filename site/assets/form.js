// Forms: what is wrong stands at its field, and a form that is being sent is not sent again.

import * as text from "#messages";

import { ApiError, alsoExpect, messageOf } from "./api.js";
import { isBusy, whileBusy } from "./busy.js";
import { byId, find, say } from "./dom.js";
import { fill } from "./messages.js";
import { FORM_PROBLEMS } from "./problems.js";
import { leftToSignIn } from "./session.js";

/** @import { FieldError } from "./types.d.ts" */
/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

/** @param {unknown} element @returns {element is Control} */
const isControl = (element) =>
  element instanceof HTMLInputElement ||
  element instanceof HTMLTextAreaElement ||
  element instanceof HTMLSelectElement;

/** @param {HTMLFormElement} form */
const controlsOf = (form) => [...form.elements].filter(isControl);

/** @param {HTMLFormElement} form @param {string} name */
export function valueOf(form, name) {
  const control = form.elements.namedItem(name);
  return isControl(control) ? control.value : "";
}

/**
 * What a control says against its own content. Characters are counted as the API counts them: by code point.
 * @param {Control} control
 * @returns {string} nothing when all is well
 */
export function complaint(control) {
  const { minChars, maxChars } = control.dataset;
  const entered = control.type === "password" ? control.value : control.value.trim();
  const length = [...entered].length;
  if (control.validity.badInput) return text.fieldNotADate;
  if (length === 0) return control.required ? text.fieldRequired : "";
  if (control.validity.typeMismatch) return text.fieldNotAnAddress;
  if (minChars !== undefined && length < Number(minChars)) {
    return fill(text.fieldTooShort, { min: minChars });
  }
  if (maxChars !== undefined && length > Number(maxChars)) {
    return fill(text.fieldTooLong, { max: maxChars, found: length });
  }
  return "";
}

/**
 * Says at the control what is wrong with it, or takes that back.
 * @param {Control} control
 * @param {string} message
 */
export function complain(control, message) {
  if (message === "") control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
  const place = document.getElementById(`${control.name}-error`);
  if (place !== null) say(place, message);
}

/**
 * Where a field of the API stands in the form: "price.amount" is the control "amount", and so is "price" as a whole.
 * @param {string} field
 */
const controlName = (field) => (field === "price" ? "amount" : (field.split(".").at(-1) ?? field));

/** What the API says of a field, in English, and the sentence of the page's language that says the same. */
const SENTENCES = /** @type {[RegExp, string][]} */ ([
  [/^is required|empty/u, text.fieldRequired],
  [/minor units/u, text.fieldPriceOutOfRange],
  [/at most|too long/u, text.fieldMuchTooLong],
  [/control characters/u, text.fieldControlCharacters],
  [/e-mail address/u, text.fieldNotAnAddress],
  [/in the future/u, text.fieldInThePast],
]);

/** Adds what the API says of fields that only some pages have. @param {...[RegExp, string]} sentences */
export const alsoRead = (...sentences) => void SENTENCES.push(...sentences);

/** @param {string} message of the API */
export const sentenceOf = (message) => SENTENCES.find(([said]) => said.test(message))?.[1] ?? text.fieldWrong;

/**
 * Writes each error at its field and goes to the first; what has no field here goes to the form.
 * @param {HTMLFormElement} form
 * @param {FieldError[]} errors
 */
export function showErrors(form, errors) {
  const named = new Map();
  for (const { field, message } of errors) {
    const name = controlName(field);
    if (!named.has(name)) named.set(name, message);
  }
  let first = true;
  for (const control of controlsOf(form)) {
    const message = named.get(control.name) ?? "";
    complain(control, message);
    named.delete(control.name);
    if (message !== "" && first) control.focus();
    if (message !== "") first = false;
  }
  showFormError(form, [...named.values()].join(" "));
}

/** Where it is said what is wrong with the form, or another part of the page, as a whole. @param {HTMLElement} form */
export const formErrorOf = (form) => find(form, "[data-form-error]", HTMLElement);

/**
 * Says it where whoever has pressed the button sees it: on a phone the head of a form is above the window by then.
 * @param {HTMLElement} place
 * @param {string} message
 */
function saySeen(place, message) {
  say(place, message);
  if (message !== "") place.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLElement} form @param {string} message */
export const showFormError = (form, message) => saySeen(formErrorOf(form), message);

/** Says what was done, in a form or another part of the page that has a place for that. @param {HTMLElement} form @param {string} message */
export const showDone = (form, message) => saySeen(find(form, "[data-done]", HTMLElement), message);

/**
 * Sends the form when it is submitted and nothing speaks against it.
 * @param {{
 *   form?: HTMLFormElement,
 *   check?: (form: HTMLFormElement) => FieldError[],
 *   send: (form: HTMLFormElement) => Promise<void>,
 *   beforeLeaving?: (form: HTMLFormElement) => void,
 * }} parts `beforeLeaving` is called when the session has ended and the page is left to sign in
 */
export function handleForm({ form = byId("form", HTMLFormElement), check = () => [], send, beforeLeaving = () => {} }) {
  alsoExpect(FORM_PROBLEMS);
  const button = find(form, "[type=submit]", HTMLButtonElement);
  form.addEventListener("input", ({ target }) => {
    if (isControl(target) && target.hasAttribute("aria-invalid")) complain(target, "");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    for (const done of form.querySelectorAll("[data-done]")) done.setAttribute("hidden", "");
    const own = controlsOf(form).map((control) => ({ field: control.name, message: complaint(control) }));
    const errors = [...own.filter(({ message }) => message !== ""), ...check(form)];
    showErrors(form, errors);
    if (errors.length > 0) return;
    await whileBusy(button, async () => {
      try {
        await send(form);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) beforeLeaving(form);
        if (!leftToSignIn(error)) showRefusal(form, error);
      }
    });
  });
}

/** @param {HTMLFormElement} form @param {unknown} error */
function showRefusal(form, error) {
  if (error instanceof ApiError && error.fields.length > 0) {
    showErrors(form, error.fields.map(({ field, message }) => ({ field, message: sentenceOf(message) })));
  } else {
    showFormError(form, messageOf(error));
  }
}
