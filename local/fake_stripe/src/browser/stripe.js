// Stands in for Stripe.js on a laptop: the part of it that a checkout page with the Payment Element uses, against the
// local fake. It keeps to what a strict Content-Security-Policy allows.
(() => {
  'use strict';

  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const BASE = new URL('..', script?.src ?? document.baseURI).href.replace(/\/$/, '');
  const NOTE = 'This is a local run: no money moves and no card is real. With any future date and any code:';
  const TEST_CARDS = [
    ['4242 4242 4242 4242', 'pays'],
    ['4000 0000 0000 0002', 'is declined'],
    ['4000 0000 0000 9995', 'has insufficient funds'],
    // With a hyphen that no line ends at.
    ['4000 0027 6000 3184', 'asks for 3\u2011D Secure'],
    ['4000 0084 0000 1629', 'asks for 3\u2011D Secure, then is declined'],
  ];
  let counter = 0;
  /** The page's appearance, for the dialog too. */
  let worn;

  /** An element with its attributes and children; text is never markup. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  function loadStyle() {
    const href = `${BASE}/v3/stripe.css`;
    const known = [...document.querySelectorAll('link[rel=stylesheet]')];
    if (known.some((link) => /** @type {HTMLLinkElement} */ (link).href === href)) return Promise.resolve();
    const link = make('link', { rel: 'stylesheet', href });
    return new Promise((resolve) => {
      link.addEventListener('load', resolve, { once: true });
      link.addEventListener('error', resolve, { once: true });
      document.head.append(link);
    });
  }

  const digits = (text) => text.replace(/\D/g, '');
  const isAmex = (number) => /^3[47]/.test(number);

  function passesLuhn(number) {
    let sum = 0;
    [...number].reverse().forEach((character, index) => {
      const digit = Number(character) * (index % 2 ? 2 : 1);
      sum += digit > 9 ? digit - 9 : digit;
    });
    return sum % 10 === 0;
  }

  function validationError(code, message) {
    return { type: 'validation_error', code, message };
  }

  /** Each returns an error or nothing. */
  const CHECKS = {
    number(text) {
      const number = digits(text);
      if (number.length < (isAmex(number) ? 15 : 16)) {
        return validationError('incomplete_number', 'Your card number is incomplete.');
      }
      if (!passesLuhn(number)) return validationError('invalid_number', 'Your card number is invalid.');
      return undefined;
    },
    expiry(text) {
      const [month, year] = expiry(text);
      if (month === undefined || year === undefined) {
        return validationError('incomplete_expiry', "Your card's expiration date is incomplete.");
      }
      if (month < 1 || month > 12) {
        return validationError('invalid_expiry_month', "Your card's expiration date is invalid.");
      }
      const now = new Date();
      if (year < now.getFullYear()) {
        return validationError('invalid_expiry_year_past', "Your card's expiration year is in the past.");
      }
      if (year === now.getFullYear() && month <= now.getMonth()) {
        return validationError('invalid_expiry_month_past', "Your card's expiration date is in the past.");
      }
      return undefined;
    },
    cvc(text, values) {
      if (digits(text).length < (isAmex(digits(values.number)) ? 4 : 3)) {
        return validationError('incomplete_cvc', "Your card's security code is incomplete.");
      }
      return undefined;
    },
  };

  /** Month and year of `MM / YY` or `MM / YYYY`. */
  function expiry(text) {
    const found = /^\s*(\d{1,2})\s*\/?\s*(\d{4}|\d{2})\s*$/.exec(text);
    if (!found) return [];
    return [Number(found[1]), found[2].length === 4 ? Number(found[2]) : 2000 + Number(found[2])];
  }

  /** How a field's text is written while one types at its end. */
  const WRITTEN = {
    number(text) {
      const number = digits(text).slice(0, 19);
      const groups = isAmex(number) ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?/ : undefined;
      if (groups) return (groups.exec(number) ?? []).slice(1).filter(Boolean).join(' ');
      return number.replace(/(\d{4})(?=\d)/g, '$1 ');
    },
    expiry(text) {
      const number = digits(text).slice(0, 6);
      if (/^[2-9]$/.test(number)) return `0${number} / `;
      return number.length > 2 ? `${number.slice(0, 2)} / ${number.slice(2)}` : number;
    },
    cvc: (text) => digits(text).slice(0, 4),
  };

  /** @typedef {{ input: HTMLInputElement, error: HTMLElement, root: HTMLElement }} Field */

  /** @returns {Field} */
  function makeField(name, label, attributes) {
    const id = `fake-stripe-${++counter}-${name}`;
    const input = /** @type {HTMLInputElement} */ (
      make('input', { id, type: 'text', inputmode: 'numeric', 'aria-describedby': `${id}-error`, ...attributes })
    );
    const error = make('p', { id: `${id}-error`, class: 'fake-stripe-error', role: 'alert' });
    const root = make('div', { class: 'fake-stripe-field' }, make('label', { for: id }, label), input, error);
    input.addEventListener('input', (event) => {
      const deletes = /** @type {InputEvent} */ (event).inputType?.startsWith('delete');
      const atEnd = input.selectionStart === input.value.length;
      if (atEnd && !deletes) input.value = WRITTEN[name](input.value);
    });
    return { input, error, root };
  }

  function makeNote() {
    const items = TEST_CARDS.map(([number, what]) => make('li', {}, make('code', {}, number), ` ${what}`));
    return make('div', { class: 'fake-stripe-note' }, make('p', {}, NOTE), make('ul', {}, ...items));
  }

  class PaymentElement {
    #listeners = new Map();
    #root;
    /** @type {Record<string, Field>} */
    #fields;

    constructor(appearance) {
      this.#fields = {
        number: makeField('number', 'Card number', { autocomplete: 'cc-number', placeholder: '1234 1234 1234 1234' }),
        expiry: makeField('expiry', 'Expiry (MM / YY)', { autocomplete: 'cc-exp', placeholder: 'MM / YY' }),
        cvc: makeField('cvc', 'Security code', { autocomplete: 'cc-csc', placeholder: 'CVC' }),
      };
      const roots = Object.values(this.#fields).map((field) => field.root);
      const fields = make('div', { class: 'fake-stripe-fields', role: 'group', 'aria-label': 'Card' }, ...roots);
      this.#root = make('div', { class: 'fake-stripe' }, fields, makeNote());
      wear(this.#root, appearance);
      for (const [name, field] of Object.entries(this.#fields)) {
        field.input.addEventListener('input', () => {
          this.#show(name, undefined);
          this.#changed();
        });
        field.input.addEventListener('blur', () => {
          if (field.input.value !== '') this.#show(name, this.#check(name));
        });
        field.input.addEventListener('focus', () => this.#emit('focus', { elementType: 'payment' }));
      }
    }

    mount(place) {
      const target = typeof place === 'string' ? document.querySelector(place) : place;
      if (!target) throw new Error(`There is no element ${place} to mount the fields into.`);
      loadStyle().then(() => {
        target.replaceChildren(this.#root);
        this.#emit('ready', { elementType: 'payment' });
      });
    }

    unmount() {
      this.#root.remove();
    }

    destroy() {
      this.#root.remove();
      this.#listeners.clear();
    }

    update() {}

    focus() {
      this.#fields.number.input.focus();
    }

    blur() {
      for (const field of Object.values(this.#fields)) field.input.blur();
    }

    clear() {
      for (const [name, field] of Object.entries(this.#fields)) {
        field.input.value = '';
        this.#show(name, undefined);
      }
    }

    on(event, listener) {
      const known = this.#listeners.get(event) ?? [];
      this.#listeners.set(event, [...known, listener]);
      return this;
    }

    once(event, listener) {
      const once = (detail) => {
        this.off(event, once);
        listener(detail);
      };
      return this.on(event, once);
    }

    off(event, listener) {
      const known = this.#listeners.get(event) ?? [];
      this.#listeners.set(event, listener ? known.filter((one) => one !== listener) : []);
      return this;
    }

    /** The page's appearance, again. */
    wear(appearance) {
      wear(this.#root, appearance);
    }

    /** Shows what is wrong; returns the first error. */
    validate() {
      let first;
      for (const name of Object.keys(this.#fields)) {
        const error = this.#check(name);
        this.#show(name, error);
        if (error && !first) {
          first = error;
          this.#fields[name].input.focus();
        }
      }
      return first;
    }

    /** The card as Stripe's API takes it. */
    card() {
      const [month, year] = expiry(this.#fields.expiry.input.value);
      return {
        number: digits(this.#fields.number.input.value),
        exp_month: String(month),
        exp_year: String(year),
        cvc: this.#fields.cvc.input.value,
      };
    }

    #values() {
      return Object.fromEntries(Object.entries(this.#fields).map(([name, field]) => [name, field.input.value]));
    }

    #check(name) {
      const values = this.#values();
      return CHECKS[name](values[name], values);
    }

    #show(name, error) {
      const { input, error: place } = this.#fields[name];
      const text = error?.message ?? '';
      if (place.textContent !== text) place.textContent = text;
      if (error) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    }

    #changed() {
      const complete = Object.keys(this.#fields).every((name) => !this.#check(name));
      const empty = Object.values(this.#values()).every((value) => value === '');
      const detail = { elementType: 'payment', complete, empty, collapsed: false };
      this.#emit('change', { ...detail, value: { type: 'card' } });
    }

    #emit(event, detail) {
      for (const listener of this.#listeners.get(event) ?? []) listener(detail);
    }
  }

  /** The variables of Stripe's Appearance API that have a counterpart here. */
  function wear(root, appearance) {
    const names = {
      colorPrimary: '--fs-accent',
      colorText: '--fs-text',
      colorBackground: '--fs-back',
      colorDanger: '--fs-danger',
      fontFamily: '--fs-font',
      borderRadius: '--fs-radius',
    };
    worn = appearance ?? worn;
    for (const [name, property] of Object.entries(names)) {
      const value = appearance?.variables?.[name];
      if (typeof value === 'string') root.style.setProperty(property, value);
    }
  }

  class Elements {
    #options;
    #payment;
    #submitted = false;

    constructor(options) {
      this.#options = options ?? {};
    }

    get clientSecret() {
      return this.#options.clientSecret;
    }

    get payment() {
      return this.#payment;
    }

    get submitted() {
      return this.#submitted;
    }

    create(type) {
      if (type !== 'payment') throw new Error(`The local stand-in for Stripe.js has no ${type} element.`);
      if (this.#payment) throw new Error('A payment element was created already.');
      this.#payment = new PaymentElement(this.#options.appearance);
      return this.#payment;
    }

    getElement(type) {
      return type === 'payment' ? (this.#payment ?? null) : null;
    }

    update(options) {
      this.#options = { ...this.#options, ...options };
      this.#payment?.wear(this.#options.appearance);
    }

    async fetchUpdates() {
      return {};
    }

    async submit() {
      if (!this.#payment) throw new Error('There is no payment element to submit.');
      const error = this.#payment.validate();
      this.#submitted = !error;
      return error ? { error } : { selectedPaymentMethod: 'card' };
    }
  }

  /** Asks, and answers `{ body }` or `{ error }`. */
  async function ask(key, method, path, parameters) {
    const form = new URLSearchParams(parameters);
    const query = method === 'GET' ? `?${form}` : '';
    try {
      const response = await fetch(`${BASE}${path}${query}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, Accept: 'application/json' },
        ...(method === 'GET' ? {} : { body: form }),
        credentials: 'omit',
        cache: 'no-store',
      });
      const body = await response.json();
      if (response.ok) return { body };
      return { error: { type: 'api_error', message: 'Something went wrong.', ...body.error } };
    } catch {
      const message = 'We are experiencing issues connecting to our payments provider. Please check your internet ' +
        'connection and try again.';
      return { error: { type: 'api_connection_error', message } };
    }
  }

  /** The issuer's question; resolves to whether the buyer has answered it. */
  function challenge(intent) {
    const id = `fake-stripe-${++counter}-challenge`;
    const complete = make('button', { type: 'button', class: 'fake-stripe-first' }, 'Complete authentication');
    const fail = make('button', { type: 'button' }, 'Fail authentication');
    const amount = new Intl.NumberFormat('en', { style: 'currency', currency: intent.currency });
    const places = amount.resolvedOptions().maximumFractionDigits ?? 2;
    const price = amount.format(intent.amount / 10 ** places);
    const dialog = /** @type {HTMLDialogElement} */ (
      make(
        'dialog',
        { class: 'fake-stripe', role: 'dialog', 'aria-labelledby': id, 'aria-describedby': `${id}-text` },
        make('h2', { id }, '3-D Secure'),
        make('p', { id: `${id}-text` }, `With a real card, your bank would now ask whether it is you who pays ${price}.`),
        make('div', { class: 'fake-stripe-buttons' }, complete, fail),
      )
    );
    wear(dialog, worn);
    document.body.append(dialog);
    return new Promise((resolve) => {
      const done = (passed) => {
        dialog.close();
        dialog.remove();
        resolve(passed);
      };
      complete.addEventListener('click', () => done(true), { once: true });
      fail.addEventListener('click', () => done(false), { once: true });
      // Escape: whoever turns away from the question has not answered it.
      dialog.addEventListener('cancel', (event) => {
        event.preventDefault();
        done(false);
      });
      dialog.showModal();
    });
  }

  const intentOf = (secret) => secret.split('_secret')[0];

  class FakeStripe {
    #key;

    constructor(key) {
      if (typeof key !== 'string' || !key.startsWith('pk_test_')) {
        throw new Error('The local stand-in for Stripe.js takes a key that begins with pk_test_.');
      }
      this.#key = key;
    }

    elements(options) {
      return new Elements(options);
    }

    async retrievePaymentIntent(clientSecret) {
      const path = `/v1/payment_intents/${intentOf(clientSecret)}`;
      const { body, error } = await ask(this.#key, 'GET', path, { client_secret: clientSecret });
      return error ? { error } : { paymentIntent: body };
    }

    async handleNextAction({ clientSecret }) {
      const { paymentIntent, error } = await this.retrievePaymentIntent(clientSecret);
      if (error || paymentIntent.status !== 'requires_action') return { paymentIntent, error };
      return this.#authenticate(clientSecret, paymentIntent);
    }

    async confirmPayment({ elements, clientSecret = elements.clientSecret, confirmParams = {}, redirect = 'always' }) {
      if (!elements.submitted) {
        throw new Error('elements.submit() must be called, and have succeeded, before stripe.confirmPayment().');
      }
      if (redirect !== 'if_required' && !confirmParams.return_url) {
        throw new Error('stripe.confirmPayment() needs confirmParams.return_url unless redirect is if_required.');
      }
      const card = Object.entries(elements.payment.card()).map(([name, value]) => [
        `payment_method_data[card][${name}]`,
        value,
      ]);
      const parameters = {
        client_secret: clientSecret,
        use_stripe_sdk: 'true',
        'payment_method_data[type]': 'card',
        ...(confirmParams.return_url ? { return_url: confirmParams.return_url } : {}),
        ...Object.fromEntries(card),
      };
      const path = `/v1/payment_intents/${intentOf(clientSecret)}/confirm`;
      const { body, error } = await ask(this.#key, 'POST', path, parameters);
      if (error) return { error };
      const result =
        body.status === 'requires_action' ? await this.#authenticate(clientSecret, body) : { paymentIntent: body };
      if (result.error || redirect === 'if_required') return result;
      const back = new URL(confirmParams.return_url, document.baseURI);
      back.searchParams.set('payment_intent', intentOf(clientSecret));
      back.searchParams.set('payment_intent_client_secret', clientSecret);
      back.searchParams.set('redirect_status', 'succeeded');
      location.assign(back);
      return new Promise(() => {});
    }

    async #authenticate(clientSecret, intent) {
      const outcome = (await challenge(intent)) ? 'complete' : 'fail';
      const path = `/v3/payment_intents/${intentOf(clientSecret)}/challenge`;
      const { body, error } = await ask(this.#key, 'POST', path, { client_secret: clientSecret, outcome });
      return error ? { error } : { paymentIntent: body };
    }
  }

  function Stripe(key) {
    return new FakeStripe(key);
  }
  Stripe.version = 3;
  Object.defineProperty(globalThis, 'Stripe', { value: Stripe, configurable: true, writable: true });
})();
