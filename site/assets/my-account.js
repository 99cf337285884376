// One's own account: its address, its password, where it is signed in, what is kept about it, and its end.

import * as text from "#messages";

import {
  alsoExpect,
  changePassword,
  currentUser,
  deleteAccount,
  endSession,
  endSessions,
  exportPage,
  listSessions,
  requestVerification,
} from "./api.js";
import { browserName } from "./browser-name.js";
import { confirmed } from "./confirm.js";
import { byId, slot } from "./dom.js";
import { collected, save } from "./export.js";
import { handleForm, showDone, valueOf } from "./form.js";
import { dateText } from "./format.js";
import { forgetUser } from "./header.js";
import { fill } from "./messages.js";
import { onPress } from "./press.js";
import { MAIL_PROBLEMS } from "./problems.js";
import { Region } from "./region.js";
import { goToSignIn } from "./session.js";
import "./passwords.js";
import "./private.js";

/** @import { Session, User } from "./types.d.ts" */

const passwordForm = byId("password-form", HTMLFormElement);
const row = byId("session-row", HTMLTemplateElement);

/** @param {User} user */
function showUser(user) {
  byId("name", HTMLElement).textContent = user.display_name;
  byId("email", HTMLElement).textContent = user.email;
  byId("confirmed", HTMLElement).hidden = !user.email_verified;
  byId("unconfirmed", HTMLElement).hidden = user.email_verified;
  // Whatever keeps somebody's passwords learns from it whose this is.
  for (const field of document.querySelectorAll("[autocomplete=username]")) field.setAttribute("value", user.email);
}

/** The sessions that are shown. @type {Session[]} */
let sessions = [];

/** @param {Session} session */
function sessionRow({ id, current, created_at: since, user_agent: agent }) {
  const shown = document.importNode(row.content, true);
  const [browser, date] = [browserName(agent), dateText(since)];
  slot(shown, "browser").textContent = browser;
  slot(shown, "since").textContent = fill(text.sessionSince, { date });
  slot(shown, "current").hidden = !current;
  const end = slot(shown, "end");
  end.hidden = current;
  end.setAttribute("aria-label", fill(text.endSessionOf, { browser, date }));
  if (end instanceof HTMLButtonElement) {
    onPress(end, async () => {
      await endSession(id);
      showSessions(sessions.filter((other) => other.id !== id));
      // The button has gone with its row.
      byId("sessions-title", HTMLElement).focus();
      return text.sessionEnded;
    });
  }
  return shown;
}

/** @param {Session[]} now */
function showSessions(now) {
  sessions = now;
  byId("sessions", HTMLElement).replaceChildren(...sessions.map(sessionRow));
}

async function load() {
  const [user, found] = await Promise.all([currentUser(), listSessions()]);
  if (user === null) {
    goToSignIn();
    return "loading";
  }
  showUser(user);
  showSessions(found);
  return "ready";
}

onPress(byId("send-mail", HTMLButtonElement), async () => {
  if (await requestVerification()) return text.mailSent;
  await load();
  return "";
});

handleForm({
  form: passwordForm,
  async send(form) {
    await changePassword(valueOf(form, "current_password"), valueOf(form, "new_password"));
    form.reset();
    showSessions(sessions.filter(({ current }) => current));
    showDone(form, text.passwordChanged);
  },
});

onPress(byId("end-sessions", HTMLButtonElement), async () => {
  if (!(await confirmed("end-sessions-dialog"))) return "";
  await endSessions();
  forgetUser(text.signedOutEverywhere);
  return "";
});

onPress(byId("export", HTMLButtonElement), async () => {
  const file = `holdfast-${new Date().toISOString().slice(0, 10)}.json`;
  save(file, await collected(exportPage));
  return fill(text.exportDone, { file });
});

handleForm({
  form: byId("delete-form", HTMLFormElement),
  async send(form) {
    if (!(await confirmed("delete-dialog"))) return;
    await deleteAccount(valueOf(form, "password"));
    forgetUser(text.accountDeleted);
  },
});

alsoExpect(MAIL_PROBLEMS);
void new Region("account").run(load);
