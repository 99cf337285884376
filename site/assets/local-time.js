// Between the moments of the API and what date fields hold, which is in the reader's own time zone.

/**
 * @param {string} field the value of a datetime-local field
 * @returns {string} RFC 3339 in UTC, or nothing when the field holds no moment
 */
export function momentOf(field) {
  const date = new Date(field);
  return field === "" || Number.isNaN(date.valueOf()) ? "" : date.toISOString();
}

/** @param {string} moment @returns {string} the value for a datetime-local field */
export function fieldOf(moment) {
  const date = new Date(moment);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/**
 * The query of the catalogue's route, from the query of the catalogue's page: days become the moments at which they
 * begin and end for the reader, and what is empty or unknown is left out.
 * @param {URLSearchParams} page
 * @returns {URLSearchParams}
 */
export function catalogueQuery(page) {
  const query = new URLSearchParams();
  const words = (page.get("q") ?? "").trim();
  if (words !== "") query.set("q", words);
  if (page.get("sort") === "soonest") query.set("sort", "soonest");
  const from = momentOf(`${page.get("from")}T00:00:00`);
  if (from !== "") query.set("from", from);
  const to = momentOf(`${page.get("to")}T23:59:59.999`);
  if (to !== "") query.set("to", to);
  return query;
}
