// Stripe's fields in this page's form. What is typed into them goes to Stripe, never to this page's server.

import * as text from "#messages";

import { ApiError } from "./api.js";
import { byId, find } from "./dom.js";

/** @import { StripeElements, StripeError, StripeObject } from "./types.d.ts" */

const PATIENCE_MS = 20_000;

const script = byId("stripe-script", HTMLScriptElement);

/** The page's module runs before this script does, so that neither its coming nor its failure is missed. */
const arrived = new Promise((resolve) => {
  script.addEventListener("load", resolve, { once: true });
  script.addEventListener("error", resolve, { once: true });
  setTimeout(resolve, PATIENCE_MS);
});

let isMissing = false;

const dark = matchMedia("(prefers-color-scheme: dark)");

/** The page's own colours, as the browser has worked them out for light or dark. */
function appearance() {
  const of = (/** @type {Element} */ element) => getComputedStyle(element);
  const form = byId("form", HTMLFormElement);
  const sheet = byId("payment-section", HTMLElement);
  return {
    theme: dark.matches ? "night" : "stripe",
    variables: {
      colorPrimary: of(byId("submit", HTMLElement)).backgroundColor,
      colorBackground: of(sheet).backgroundColor,
      colorText: of(sheet).color,
      colorDanger: of(find(form, "[data-form-error]", HTMLElement)).borderLeftColor,
      fontFamily: "system-ui, sans-serif",
      fontSizeBase: "16px",
      borderRadius: "10px",
    },
  };
}

export class CardForm {
  /** @param {StripeObject} stripe @param {StripeElements} elements */
  constructor(stripe, elements) {
    this.stripe = stripe;
    this.elements = elements;
    // The fields do not follow the page by themselves when it turns light or dark.
    dark.addEventListener("change", () => elements.update({ appearance: appearance() }));
  }

  /**
   * Waits for Stripe's script.
   * @param {{ client_secret: string, publishable_key: string }} payment
   */
  static async prepare({ client_secret: clientSecret, publishable_key: key }) {
    // A browser asks for a script that did not come only together with its page.
    if (isMissing) location.reload();
    await arrived;
    isMissing = globalThis.Stripe === undefined;
    if (globalThis.Stripe === undefined) throw new ApiError(text.noCardForm);
    const stripe = globalThis.Stripe(key, { locale: text.languageTag });
    return new CardForm(stripe, stripe.elements({ clientSecret, appearance: appearance() }));
  }

  /** Shows the fields. @param {() => void} onFailure called when they cannot be loaded */
  mount(onFailure) {
    const fields = this.elements.create("payment", { wallets: { applePay: "never", googlePay: "never" } });
    fields.on("loaderror", onFailure);
    fields.mount(byId("payment-element", HTMLElement));
  }

  /**
   * Checks what was entered and, when nothing is wrong with it, has the payment authorised, which may ask more of the
   * person: the bank's own questions.
   * @param {string} returnUrl where a bank that needs the whole window sends its customer back to
   * @param {() => void} onSent called before anything is asked for
   * @returns {Promise<StripeError | null>} what was wrong
   */
  async confirm(returnUrl, onSent) {
    const { elements } = this;
    const checked = await elements.submit();
    if (checked.error !== undefined) return checked.error;
    onSent();
    const confirmParams = { return_url: returnUrl };
    const { error } = await this.stripe.confirmPayment({ elements, confirmParams, redirect: "if_required" });
    return error ?? null;
  }
}
