// The token of a link in a mail. It stands behind the #, which no server, log or Referer sees, and leaves the address before
// anything else is done.

/** The id of a user and a secret. */
const TOKEN = /^#([^.]+\.[^.]+)$/u;

/**
 * @param {string} hash
 * @returns {string} nothing when it is no token
 */
export const tokenOf = (hash) => TOKEN.exec(hash)?.[1] ?? "";

/** Takes it out of the address; nothing when there is none. */
export function takeToken() {
  const token = tokenOf(location.hash);
  if (token !== "") history.replaceState(null, "", location.pathname + location.search);
  // Another mail's link, opened in this very window, changes nothing but what stands behind the #.
  addEventListener("hashchange", () => {
    if (tokenOf(location.hash) !== "") location.reload();
  });
  // The page in another language goes on with it.
  for (const link of document.querySelectorAll("a[data-language]")) {
    link.addEventListener("click", () => {
      if (link instanceof HTMLAnchorElement) link.hash = token;
    });
  }
  return token;
}
