// The page's texts by key. They come from the server in the page, in the reader's language.

import type { Word } from "../desk/types";

let texts: Record<string, string> = {};

export function setTexts(found: Record<string, string>): void {
  texts = found;
}

/** The text of `key`, with its {places} filled. A key without a text shows as itself, and is a fault of ours. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A word of a group, or the word itself: ids that a site made have no text. */
export function say(group: string, word: string): string {
  return texts[`${group}.${word}`] ?? word;
}

/** Words of the IVR path and of what travels with a call, as one text. */
export function told(words: readonly Word[]): string[] {
  return words.map((each) => (each.group ? say(each.group, each.word) : each.word));
}
