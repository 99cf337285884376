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
  seller: { display_name: string };
  state: "listed" | "held" | "sold";
  created_at: string;
  version: number;
}

export interface Ticket extends ListedTicket {
  description: string | null;
}

export interface OwnTicket extends ListedTicket {
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
  message: string;
}
