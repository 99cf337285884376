// Everything that someone holds and has bought.

import { listOrders } from "./api.js";
import { slot } from "./dom.js";
import { dateText, timeText } from "./format.js";
import { ORDER_STATES } from "./messages.js";
import { PagedList } from "./paged-list.js";
import { orderPath } from "./paths.js";
import { shownState } from "./receipt.js";
import { fillFacts, fillState } from "./rows.js";
import "./header.js";

/** @import { Order } from "./types.d.ts" */

/** @param {Order} order */
function note(order) {
  if (order.refunded_at !== null) return `Refunded ${dateText(order.refunded_at)}`;
  if (order.paid_at !== null) return `Paid ${dateText(order.paid_at)}`;
  if (order.state === "awaiting_payment") return `Held until ${timeText(order.expires_at)}`;
  return `Ordered ${dateText(order.created_at)}`;
}

/** @type {PagedList<Order>} */
const orders = new PagedList({
  region: "orders",
  list: "order-list",
  thing: "order",
  fill(row, order) {
    fillFacts(row, order.ticket, orderPath(order.id));
    fillState(row, shownState(order), ORDER_STATES);
    slot(row, "note").textContent = note(order);
  },
});

void orders.load(listOrders);
