// An address at which there is no page. A ticket that was listed a moment ago has none yet: it is being made.

import { showTicket } from "./api.js";
import { byId } from "./dom.js";
import { ticketAt } from "./paths.js";
import "./header.js";

const MOST_RELOADS = 5;
const RELOAD_AFTER_MS = 2_000;

const ticket = ticketAt(location.pathname);
const name = `holdfast.reloads.${ticket}`;

/** @param {string} id */
async function waitForPage(id) {
  const reloads = Number(sessionStorage.getItem(name) ?? 0);
  if (reloads >= MOST_RELOADS) return;
  await showTicket(id);
  sessionStorage.setItem(name, String(reloads + 1));
  byId("being-made", HTMLElement).hidden = false;
  setTimeout(() => location.reload(), RELOAD_AFTER_MS);
}

// What the API does not know, or does not say, is simply not there.
if (ticket !== null) void waitForPage(ticket).catch(() => null);
