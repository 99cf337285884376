// Everything that someone holds and has bought.

import { listOrders } from "./api.js";
import { slot } from "./dom.js";
import { dateText, timeText } from "./format.js";
import { ORDER_STATES } from "./messages.js";
import { PagedList } from "./paged-list.js";
import { orderPath } from "./paths.js";
import { fillFacts, fillState } from "./rows.js";
import "./header.js";

/** @import { Order } from "./types.d.ts" */

/** @type {PagedList<Order>} */
const orders = new PagedList({
  region: "orders",
  list: "order-list",
  thing: "order",
  fill(row, order) {
    fillFacts(row, order.ticket, orderPath(order.id));
    fillState(row, order.state, ORDER_STATES);
    const held = order.state === "awaiting_payment";
    slot(row, "note").textContent = held
      ? `Held until ${timeText(order.expires_at)}`
      : `Ordered ${dateText(order.created_at)}`;
  },
});

void orders.load(listOrders);
