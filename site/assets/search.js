// Searching the catalogue: the address says what is searched for, so that it can be shared, reloaded and gone back to.

import * as text from "#messages";

import { listTickets } from "./api.js";
import { byId } from "./dom.js";
import { complain, valueOf } from "./form.js";
import { catalogueQuery } from "./local-time.js";
import { PagedList } from "./paged-list.js";
import { ticketPath } from "./paths.js";
import { fillFacts } from "./rows.js";
import "./header.js";

/** @import { ListedTicket } from "./types.d.ts" */

const filters = byId("filters", HTMLFormElement);
const until = byId("to", HTMLInputElement);

/** @type {PagedList<ListedTicket>} */
const tickets = new PagedList({
  region: "tickets",
  list: "ticket-list",
  counts: { one: text.countTicketsOne, other: text.countTicketsOther },
  fill(row, ticket) {
    fillFacts(row, ticket, ticketPath(ticket.id));
  },
});

/** What the form holds, without what is empty or the default. */
function entered() {
  const page = new URLSearchParams();
  for (const name of ["q", "sort", "from", "to"]) {
    const value = valueOf(filters, name).trim();
    if (value !== "" && value !== "newest") page.set(name, value);
  }
  return page;
}

function show() {
  const page = new URLSearchParams(location.search);
  for (const [name, otherwise] of [["q", ""], ["sort", "newest"], ["from", ""], ["to", ""]]) {
    const control = filters.elements.namedItem(String(name));
    if (control instanceof HTMLInputElement || control instanceof HTMLSelectElement) {
      control.value = page.get(String(name)) ?? String(otherwise);
    }
  }
  const query = catalogueQuery(page);
  const filtered = ["q", "from", "to"].some((name) => query.has(name));
  for (const part of document.querySelectorAll("[data-empty]")) {
    if (part instanceof HTMLElement) part.hidden = (part.dataset["empty"] === "filtered") !== filtered;
  }
  void tickets.load(async (cursor) => {
    const asked = new URLSearchParams(query);
    if (cursor !== null) asked.set("cursor", cursor);
    return (await listTickets(asked)).data;
  });
}

function search() {
  const page = entered();
  const [from, to] = [page.get("from"), page.get("to")];
  const wrong = from !== null && to !== null && to < from;
  complain(until, wrong ? text.fieldUntilBeforeFrom : "");
  if (wrong) {
    until.focus();
    return;
  }
  const address = page.size === 0 ? location.pathname : `${location.pathname}?${page}`;
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  show();
}

filters.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
byId("sort", HTMLSelectElement).addEventListener("change", search);
addEventListener("popstate", show);
show();
