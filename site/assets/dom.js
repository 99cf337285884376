// Finding elements that the markup promises, and filling them with text.

/**
 * The element with that id, of that kind. The markup and the scripts are one release, so that a missing one is a fault.
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`#${id} is not there`);
  return element;
}

/**
 * The first element below `root` that the selector finds, of that kind.
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(root, selector, kind) {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`${selector} is not there`);
  return element;
}

/** @param {ParentNode} root @param {string} name */
export const slot = (root, name) => find(root, `[data-slot="${name}"]`, HTMLElement);

/**
 * Shows the text in the element, or hides the element when there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function say(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/** @param {string} name */
export const parameter = (name) => new URLSearchParams(location.search).get(name) ?? "";
