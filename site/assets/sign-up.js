// Making an account, which signs in as well.

import * as text from "#messages";

import { isProblem, signUp } from "./api.js";
import { parameter } from "./dom.js";
import { handleForm, showErrors, valueOf } from "./form.js";
import { keepNext } from "./keep-next.js";
import { safeNext } from "./paths.js";
import "./header.js";
import "./passwords.js";

keepNext();
handleForm({
  async send(form) {
    const name = valueOf(form, "display_name").trim();
    const account = {
      email: valueOf(form, "email").trim(),
      password: valueOf(form, "password"),
      language: text.languageTag,
    };
    try {
      await signUp(name === "" ? account : { ...account, display_name: name });
    } catch (error) {
      if (!isProblem(error, "email-taken")) throw error;
      showErrors(form, [{ field: "email", message: text.problemEmailTaken }]);
      return;
    }
    location.replace(safeNext(parameter("next"), location.origin));
  },
});
