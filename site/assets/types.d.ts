// What the API answers, as its contract says. Times are RFC 3339 in UTC, amounts are minor units.

export interface Money {
  amount: number;
  currency: string;
}

export interface User {
  id: string;
  email: string;
  display_name: string;
  email_verified: boolean;
}

export interface Session {
  id: string;
  created_at: string;
  expires_at: string;
  current: boolean;
  /** What the browser called itself when it signed in. */
  user_agent: string | null;
}

export interface ExportPage {
  account: object;
  tickets: object[];
  orders: object[];
  next: string | null;
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

export interface Card {
  /** Stripe's name of it: "visa". */
  brand: string;
  last4: string;
}

export interface Order {
  id: string;
  ticket: TicketFacts;
  state: OrderState;
  expires_at: string;
  created_at: string;
  closed_reason: "cancelled" | "hold_ran_out" | "paid_too_late" | null;
  paid_at: string | null;
  card: Card | null;
  refunded_at: string | null;
  /** Only one order by itself says so, and only a paid one. */
  seller: { display_name: string } | null;
  credential: string | null;
}

export interface Payment {
  client_secret: string;
  publishable_key: string;
  expires_at: string;
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

/** What is used of Stripe's script. */
export interface StripeError {
  type: string;
  code?: string;
  message?: string;
}

export interface StripeElements {
  create(
    kind: "payment",
    options: object,
  ): { on(event: "loaderror", listener: () => void): void; mount(place: HTMLElement): void };
  submit(): Promise<{ error?: StripeError }>;
  update(options: { appearance: object }): void;
}

export interface StripeObject {
  elements(options: { clientSecret: string; appearance: object }): StripeElements;
  confirmPayment(options: {
    elements: StripeElements;
    confirmParams: { return_url: string };
    redirect: "if_required";
  }): Promise<{ error?: StripeError }>;
}

declare global {
  var Stripe: ((publishableKey: string, options: { locale: string }) => StripeObject) | undefined;
}
