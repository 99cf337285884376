// Everything that someone holds and has bought.

import * as text from "#messages";

import { listOrders } from "./api.js";
import { slot } from "./dom.js";
import { dateText, timeText } from "./format.js";
import { fill } from "./messages.js";
import { PagedList } from "./paged-list.js";
import { orderPath } from "./paths.js";
import { learnName } from "./private.js";
import { ORDER_STATES, shownState } from "./receipt.js";
import { fillFacts, fillState } from "./rows.js";
import "./header.js";

/** @import { Order } from "./types.d.ts" */

/** @param {Order} order */
function note(order) {
  if (order.refunded_at !== null) return fill(text.refundedOn, { date: dateText(order.refunded_at) });
  if (order.paid_at !== null) return fill(text.paidOn, { date: dateText(order.paid_at) });
  if (order.state === "awaiting_payment") return fill(text.heldUntil, { time: timeText(order.expires_at) });
  return fill(text.orderedOn, { date: dateText(order.created_at) });
}

/** @type {PagedList<Order>} */
const orders = new PagedList({
  region: "orders",
  list: "order-list",
  counts: { one: text.countOrdersOne, other: text.countOrdersOther },
  fill(row, order) {
    fillFacts(row, order.ticket, orderPath(order.id));
    fillState(row, shownState(order), ORDER_STATES);
    slot(row, "note").textContent = note(order);
  },
});

void orders.load(listOrders).then(learnName);
