// What forms have in common in which a password is chosen: how often that may be tried, and what the API says of one.

import * as text from "#messages";

import { alsoExpect } from "./api.js";
import { alsoRead } from "./form.js";
import { TRY_PROBLEMS } from "./problems.js";

alsoExpect(TRY_PROBLEMS);
alsoRead([/easily guessed/u, text.fieldEasilyGuessed], [/not your password/u, text.fieldNotYourPassword]);
