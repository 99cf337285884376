// Everything that someone sells.

import { deleteTicket, isProblem, listMyTickets, messageOf } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, say, slot } from "./dom.js";
import { dateText } from "./format.js";
import { showNotice } from "./header.js";
import { TEXT, TICKET_STATES } from "./messages.js";
import { PagedList } from "./paged-list.js";
import { changePath, ticketPath } from "./paths.js";
import { fillFacts, fillState } from "./rows.js";
import { leftToSignIn } from "./session.js";

/** @import { OwnTicket } from "./types.d.ts" */

const problem = byId("action-error", HTMLElement);

/** @param {OwnTicket} ticket */
function note(ticket) {
  if (ticket.state === "held") return TEXT.heldNoChange;
  return ticket.state === "sold" && ticket.sold_at !== null ? `Sold ${dateText(ticket.sold_at)}` : "";
}

/** @type {PagedList<OwnTicket>} */
const tickets = new PagedList({
  region: "tickets",
  list: "ticket-list",
  thing: "ticket",
  fill(row, ticket) {
    fillFacts(row, ticket, ticketPath(ticket.id));
    fillState(row, ticket.state, TICKET_STATES);
    say(slot(row, "note"), note(ticket));
    slot(row, "actions").hidden = ticket.state !== "listed";
    const [change, remove] = [slot(row, "edit"), slot(row, "delete")];
    change.setAttribute("href", changePath(ticket.id));
    change.setAttribute("aria-label", `Change ${ticket.title}`);
    remove.setAttribute("aria-label", `Delete ${ticket.title}`);
    remove.addEventListener("click", () => void removeTicket(ticket));
  },
});

/** @param {OwnTicket} ticket */
async function removeTicket(ticket) {
  say(problem, "");
  if (!(await confirmed("delete-dialog"))) return;
  try {
    await deleteTicket(ticket.id);
    showNotice(TEXT.ticketDeleted);
  } catch (error) {
    if (leftToSignIn(error)) return;
    say(problem, isProblem(error, "ticket-held") ? TEXT.heldNoChange : messageOf(error));
  }
  await tickets.load(listMyTickets);
  byId("main", HTMLElement).focus();
}

void tickets.load(listMyTickets);
