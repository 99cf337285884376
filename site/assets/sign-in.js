// Signing in, and going back to where that was asked for.

import * as text from "#messages";

import { alsoExpect, signIn } from "./api.js";
import { parameter } from "./dom.js";
import { handleForm, valueOf } from "./form.js";
import { keepNext } from "./keep-next.js";
import { safeNext } from "./paths.js";
import { TRY_PROBLEMS } from "./problems.js";
import "./header.js";

alsoExpect({ ...TRY_PROBLEMS, "wrong-credentials": text.problemWrongCredentials });
keepNext();
handleForm({
  async send(form) {
    await signIn({ email: valueOf(form, "email").trim(), password: valueOf(form, "password") });
    location.replace(safeNext(parameter("next"), location.origin));
  },
});
