// Setting a new password, by the link of a mail.

import * as text from "#messages";

import { ApiError, isProblem, resetPassword } from "./api.js";
import { byId } from "./dom.js";
import { handleForm, valueOf } from "./form.js";
import { homePath } from "./paths.js";
import { leaveNotice } from "./session.js";
import { takeToken } from "./token.js";
import "./header.js";
import "./passwords.js";

const token = takeToken();
const form = byId("form", HTMLFormElement);
const broken = byId("broken", HTMLElement);

/** @param {boolean} isGood whether the link may still be worth something */
function show(isGood) {
  form.hidden = !isGood;
  broken.hidden = isGood;
}

/** @param {unknown} error */
const isAboutLink = (error) =>
  isProblem(error, "link-not-valid") || (error instanceof ApiError && error.fields.some(({ field }) => field === "token"));

handleForm({
  form,
  async send() {
    try {
      await resetPassword(token, valueOf(form, "new_password"));
    } catch (error) {
      if (!isAboutLink(error)) throw error;
      show(false);
      broken.focus();
      return;
    }
    leaveNotice(text.resetDone);
    location.replace(homePath);
  },
});
show(token !== "");
