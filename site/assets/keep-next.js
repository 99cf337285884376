// Signing in and signing up lead to each other; neither forgets where to go afterwards.

import { parameter } from "./dom.js";
import { homePath, safeNext } from "./paths.js";

export function keepNext() {
  const next = safeNext(parameter("next"), location.origin);
  if (next === homePath) return;
  for (const link of document.querySelectorAll("[data-keep-next]")) {
    if (link instanceof HTMLAnchorElement) link.search = `?${new URLSearchParams({ next })}`;
  }
}
