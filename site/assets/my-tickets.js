// Everything that someone sells.

import * as text from "#messages";

import { alsoExpect, deleteTicket, isProblem, listMyTickets, messageOf } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, say, slot } from "./dom.js";
import { dateText, pricesText } from "./format.js";
import { showNotice } from "./header.js";
import { fill } from "./messages.js";
import { PagedList } from "./paged-list.js";
import { changePath, ticketPath } from "./paths.js";
import { learnName } from "./private.js";
import { TICKET_STATES, fillFacts, fillState } from "./rows.js";
import { leftToSignIn } from "./session.js";
import { sumsOfSold } from "./sums.js";

/** @import { OwnTicket } from "./types.d.ts" */

const problem = byId("action-error", HTMLElement);

/** @param {OwnTicket} ticket */
function note(ticket) {
  if (ticket.state === "held") return text.heldNoChange;
  return ticket.state === "sold" && ticket.sold_at !== null ? fill(text.soldOn, { date: dateText(ticket.sold_at) }) : "";
}

/** @param {OwnTicket[]} shown @param {boolean} isWhole */
function showSums(shown, isWhole) {
  const sums = sumsOfSold(shown);
  const message = isWhole ? text.soldTotal : text.soldTotalSoFar;
  say(byId("sums", HTMLElement), sums.length === 0 ? "" : fill(message, { sums: pricesText(sums) }));
}

/** @type {PagedList<OwnTicket>} */
const tickets = new PagedList({
  region: "tickets",
  list: "ticket-list",
  counts: { one: text.countTicketsOne, other: text.countTicketsOther },
  onItems: showSums,
  fill(row, ticket) {
    fillFacts(row, ticket, ticketPath(ticket.id));
    // What is sold has no page any more.
    if (ticket.state === "sold") slot(row, "link").removeAttribute("href");
    fillState(row, ticket.state, TICKET_STATES);
    say(slot(row, "note"), note(ticket));
    slot(row, "actions").hidden = ticket.state !== "listed";
    const [change, remove] = [slot(row, "edit"), slot(row, "delete")];
    change.setAttribute("href", changePath(ticket.id));
    change.setAttribute("aria-label", fill(text.changeTitle, { title: ticket.title }));
    remove.setAttribute("aria-label", fill(text.deleteTitle, { title: ticket.title }));
    remove.addEventListener("click", () => void removeTicket(ticket));
  },
});

/** @param {OwnTicket} ticket */
async function removeTicket(ticket) {
  say(problem, "");
  if (!(await confirmed("delete-dialog"))) return;
  try {
    await deleteTicket(ticket.id);
    showNotice(text.ticketDeleted);
  } catch (error) {
    if (leftToSignIn(error)) return;
    say(problem, isProblem(error, "ticket-held") ? text.heldNoChange : messageOf(error));
  }
  await tickets.load(listMyTickets);
  byId("main", HTMLElement).focus();
}

alsoExpect({ "ticket-sold": text.soldNoChange });
void tickets.load(listMyTickets).then(learnName);
