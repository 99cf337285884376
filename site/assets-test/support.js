// The modules as they are served: bundled with the texts of one language.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const path = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

// Node has no browser's preferences; pages then go by the language that they are in.
if (!("navigator" in globalThis)) Object.defineProperty(globalThis, "navigator", { value: { languages: [] } });

/** The tags of all languages. */
export const LANGUAGES = readdirSync(path("../messages"))
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

/** @param {string} language @returns {Record<string, string>} */
export const messagesOf = (language) => JSON.parse(readFileSync(path(`../messages/${language}.json`), "utf8"));

/** Every module's name. */
export const MODULES = readdirSync(path("../assets")).filter((file) => file.endsWith(".js"));

/** @param {string} module */
export const sourceOf = (module) => readFileSync(path(`../assets/${module}`), "utf8");

/**
 * The modules in one text, minified like the build's.
 * @param {string[]} modules
 * @param {string} language
 */
async function bundled(modules, language) {
  const contents = modules.map((module) => `export * from "./${module}";`).join("\n");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: path("../assets") },
    alias: { "#messages": path(`../messages/${language}.json`) },
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** A page's script. @param {string} name @param {string} language */
export const scriptOf = (name, language) => bundled([`${name}.js`], language);

/**
 * What modules that only compute export.
 * @param {string[]} modules
 * @param {string} [language]
 * @returns {Promise<any>}
 */
export async function load(modules, language = "en") {
  const text = await bundled(modules, language);
  return import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
}
