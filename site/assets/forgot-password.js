// Asking for a mail that sets a new password. The answer is the same whether or not the address has an account.

import * as text from "#messages";

import { alsoExpect, requestReset } from "./api.js";
import { handleForm, showDone, valueOf } from "./form.js";
import { fill } from "./messages.js";
import { MAIL_PROBLEMS, TRY_PROBLEMS } from "./problems.js";
import "./header.js";

alsoExpect({ ...TRY_PROBLEMS, ...MAIL_PROBLEMS });
handleForm({
  async send(form) {
    const email = valueOf(form, "email").trim();
    await requestReset(email);
    showDone(form, fill(text.forgotSent, { email }));
  },
});
