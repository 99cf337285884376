// What the API answers, as its contract says. Times are RFC 3339 in UTC, amounts are minor units.

export interface Money {
  amount: number;
  currency: string;
}

export interface User {
  id: string;
  email: string;
  display_name: string;
}

export interface TicketFacts {
  id: string;
  title: string;
  price: Money;
  venue: string | null;
  starts_at: string | null;
}

export interface ListedTicket extends TicketFacts {
  state: "listed" | "held" | "sold";
  created_at: string;
  version: number;
}

export interface Ticket extends ListedTicket {
  seller: { display_name: string };
  description: string | null;
}

export interface OwnTicket extends Ticket {
  credential: string | null;
  sold_at: string | null;
}

export interface TicketForm {
  title: string;
  price: Money;
  venue?: string;
  starts_at?: string;
  description?: string;
  credential?: string;
}

export type OrderState = "awaiting_payment" | "capturing" | "paid" | "cancelled" | "expired";

export interface Order {
  id: string;
  ticket: TicketFacts;
  state: OrderState;
  expires_at: string;
  created_at: string;
  credential?: string | null;
}

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface FieldError {
  field: string;
  /** To be read after the field's name: "must not be empty". */
  message: string;
}
