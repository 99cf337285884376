// Mails, where the edge of a laptop shows them instead of sending them.

import { BASE_URL } from "./settings.js";

/** @typedef {{ to: string, subject: string, body: string, sent_at: string }} Mail */

const LOOK_MS = 500;
const MOST_LOOKS = 60;

/**
 * The newest mail to somebody, once it is there: a mail takes a moment.
 * @param {string} to
 * @param {{ about?: string, after?: Mail }} [wanted] what its text must have in it, and which mail it must not be
 * @returns {Promise<Mail>}
 */
export async function mailTo(to, { about = "", after } = {}) {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const answer = await fetch(new URL(`/_mail.json?${new URLSearchParams({ to })}`, BASE_URL));
    const mails = /** @type {Mail[]} */ (await answer.json());
    const mail = mails.find(({ to: found, body }) => found === to && body.includes(about));
    if (mail !== undefined && mail.body !== after?.body) return mail;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`no mail to ${to} has come`);
}

/**
 * The address in a mail that leads to that page of this site.
 * @param {Mail} mail
 * @param {string} path
 */
export function linkIn({ body }, path) {
  const link = /https?:\/\/\S+/gu[Symbol.match](body)?.find((address) => new URL(address).pathname === path);
  if (link === undefined) throw new Error(`the mail leads nowhere: ${body}`);
  const { pathname, hash } = new URL(link);
  return pathname + hash;
}
