// Forms: what is wrong stands at its field, and a form that is being sent is not sent again.

import { ApiError, messageOf } from "./api.js";
import { byId, find, say } from "./dom.js";
import { TEXT, tooLong, tooShort } from "./messages.js";
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
  const text = control.type === "password" ? control.value : control.value.trim();
  const length = [...text].length;
  if (control.validity.badInput) return TEXT.notADate;
  if (length === 0) return control.required ? TEXT.required : "";
  if (control.validity.typeMismatch) return TEXT.notAnAddress;
  if (minChars !== undefined && length < Number(minChars)) return tooShort(Number(minChars));
  if (maxChars !== undefined && length > Number(maxChars)) return tooLong(Number(maxChars), length);
  return "";
}

/**
 * Says at the control what is wrong with it, or takes that back.
 * @param {Control} control
 * @param {string} text
 */
export function complain(control, text) {
  if (text === "") control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
  const place = document.getElementById(`${control.name}-error`);
  if (place !== null) say(place, text);
}

/**
 * Where a field of the API stands in the form: "price.amount" is the control "amount", and so is "price" as a whole.
 * @param {string} field
 */
const controlName = (field) => (field === "price" ? "amount" : (field.split(".").at(-1) ?? field));

/**
 * The API's "must not be empty" as a sentence about the control that it stands at.
 * @param {HTMLFormElement} form
 * @param {FieldError} error
 * @returns {FieldError}
 */
function asSentence(form, { field, message }) {
  const control = form.elements.namedItem(controlName(field));
  const label = isControl(control) ? control.labels?.[0]?.firstChild?.textContent : undefined;
  return { field, message: `${label ?? field} ${message}.` };
}

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
    const text = named.get(control.name) ?? "";
    complain(control, text);
    named.delete(control.name);
    if (text !== "" && first) control.focus();
    if (text !== "") first = false;
  }
  showFormError(form, [...named.values()].join(" "));
}

/** @param {HTMLFormElement} form @param {string} text */
export const showFormError = (form, text) => say(find(form, "[data-form-error]", HTMLElement), text);

/**
 * Sends the form when it is submitted and nothing speaks against it.
 * @param {{
 *   check?: (form: HTMLFormElement) => FieldError[],
 *   send: (form: HTMLFormElement) => Promise<void>,
 *   beforeLeaving?: (form: HTMLFormElement) => void,
 * }} parts `beforeLeaving` is called when the session has ended and the page is left to sign in
 */
export function handleForm({ check = () => [], send, beforeLeaving = () => {} }) {
  const form = byId("form", HTMLFormElement);
  const button = find(form, "[type=submit]", HTMLButtonElement);
  let busy = false;
  form.addEventListener("input", ({ target }) => {
    if (isControl(target) && target.hasAttribute("aria-invalid")) complain(target, "");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    const own = controlsOf(form).map((control) => ({ field: control.name, message: complaint(control) }));
    const errors = [...own.filter(({ message }) => message !== ""), ...check(form)];
    showErrors(form, errors);
    if (errors.length > 0) return;
    busy = true;
    const label = button.textContent;
    button.textContent = TEXT.working;
    button.setAttribute("aria-disabled", "true");
    try {
      await send(form);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) beforeLeaving(form);
      if (!leftToSignIn(error)) showRefusal(form, error);
    } finally {
      busy = false;
      button.textContent = label;
      button.removeAttribute("aria-disabled");
    }
  });
}

/** @param {HTMLFormElement} form @param {unknown} error */
function showRefusal(form, error) {
  if (error instanceof ApiError && error.fields.length > 0) {
    showErrors(form, error.fields.map((field) => asSentence(form, field)));
  } else {
    showFormError(form, messageOf(error));
  }
}
