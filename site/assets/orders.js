// Everything that someone holds and has bought.

import { listOrders } from "./api.js";
import { slot } from "./dom.js";
import { dateText, priceText, timeText, whenText, whereText } from "./format.js";
import { ORDER_STATES } from "./messages.js";
import { PagedList } from "./paged-list.js";
import { orderPath } from "./paths.js";
import "./header.js";

/** @import { Order } from "./types.d.ts" */

/** @type {PagedList<Order>} */
const orders = new PagedList({
  region: "orders",
  list: "order-list",
  thing: "order",
  fill(row, order) {
    const badge = slot(row, "state");
    badge.textContent = ORDER_STATES[order.state] ?? order.state;
    badge.dataset["state"] = order.state;
    slot(row, "link").setAttribute("href", orderPath(order.id));
    slot(row, "title").textContent = order.ticket.title;
    slot(row, "when").textContent = whenText(order.ticket);
    slot(row, "venue").textContent = whereText(order.ticket);
    slot(row, "price").textContent = priceText(order.ticket.price);
    const held = order.state === "awaiting_payment";
    slot(row, "note").textContent = held
      ? `Held until ${timeText(order.expires_at)}`
      : `Ordered ${dateText(order.created_at)}`;
  },
});

void orders.load(listOrders);
