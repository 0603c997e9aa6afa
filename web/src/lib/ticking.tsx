import { beat, length, now } from "./clock";

interface Props {
  since?: number | null;
  until?: number | null;
  class?: string;
  id?: string;
}

/** How long ago `since` was, or how long it still is to `until`. */
export function Ticking({ since, until, ...rest }: Props) {
  beat.value;
  const shown = until != null ? length(until - now()) : since != null ? length(now() - since) : "–";
  return <span {...rest}>{shown}</span>;
}
