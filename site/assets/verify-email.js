// Confirming an address, by the link of a mail. It takes a POST, so that what merely fetches links confirms nothing.

import { isProblem, verifyEmail } from "./api.js";
import { Region } from "./region.js";
import { takeToken } from "./token.js";
import "./header.js";

const token = takeToken();

void new Region("verification").run(async () => {
  if (token === "") return "empty";
  try {
    await verifyEmail(token);
    return "ready";
  } catch (error) {
    if (isProblem(error, "link-not-valid", "invalid-fields")) return "empty";
    throw error;
  }
});
