/** A name or number from outside: text only, and isolated, so that right-to-left text does not turn its neighbours around. */
export function Foreign({ text, class: name }: { text: string; class?: string }) {
  return <bdi title={text} {...(name ? { class: name } : {})}>{text}</bdi>;
}
