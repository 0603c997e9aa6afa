import { useEffect, useRef } from "preact/hooks";

import { fragment } from "../lib/http";
import { put } from "./panels";

const AGAIN_MS = 30_000;
const LIMIT_MS = 8_000;

/** One's own figures, calls, callbacks and tasks of today, as the server writes them. */
export function Day() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const load = () => fragment("/desk/day", LIMIT_MS).then((html) => put(place.current, html)).catch(() => undefined);
    void load();
    const timer = window.setInterval(load, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return <div class="desk-day" id="day" ref={place} />;
}
