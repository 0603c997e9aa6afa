// One's own day: figures by the formulas of the reports, calls, what is promised and what is due.

import { useEffect, useState } from "preact/hooks";

import { clockTime, length, moment } from "../lib/clock";
import { Foreign } from "../lib/foreign";
import { get } from "../lib/http";
import { say, t } from "../lib/words";
import { act } from "./acts";
import { dialog } from "./keys";

interface OwnCall {
  call: string;
  leg: string;
  at: number;
  answered: number | null;
  direction: string;
  number: string;
  name: string;
  queue_name: string;
  talk_s: number;
  hold_s: number;
  code_name: string;
  note: string;
  lacks_code: boolean;
  recordings: number[];
}

interface DayShown {
  figures: Record<string, number | null>;
  definitions: Record<string, string>;
  not_taken: Record<string, number>;
  without_code: number;
  calls: OwnCall[];
  callbacks: { id: string; at: number; number: string; name: string; queue_name: string; attempts: number; note: string }[];
  tickets: { id: number; number: string; subject: string; status: string; customer_name: string; due: number | null; late: boolean }[];
}

const AGAIN_MS = 30_000;

export function Day() {
  const [day, setDay] = useState<DayShown | null>(null);
  useEffect(() => {
    const load = () => get<DayShown>("/desk/day").then(setDay).catch(() => undefined);
    void load();
    const timer = window.setInterval(load, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (!day) return <div class="card skeleton"><span class="hidden">{t("desk.loading")}</span></div>;
  return (
    <div class="desk-day" id="day">
      <Figures day={day} />
      <div class="day-columns">
        <Owed day={day} />
        <Calls calls={day.calls} />
      </div>
    </div>
  );
}

function Figures({ day }: { day: DayShown }) {
  const { figures, definitions } = day;
  const ms = (name: string) => length((figures[name] ?? 0) / 1000);
  const share = (name: string) => (figures[name] == null ? "–" : `${Math.round((figures[name] ?? 0) * 100)} %`);
  const missed = Object.values(day.not_taken).reduce((sum, each) => sum + each, 0);
  const shown: [string, string, (string | undefined)?][] = [
    ["handled", String(figures.handled ?? 0)],
    ["talk", ms("talk_ms")],
    ["hold", ms("hold_ms")],
    ["wrapup", ms("wrapup_ms")],
    ["aht", figures.aht == null ? "–" : length(figures.aht), definitions.aht],
    ["occupancy", share("occupancy"), definitions.occupancy],
    ["not_taken", String(missed), Object.entries(day.not_taken).map(([word, count]) => `${say("offer", word)} ${count}`).join(", ")],
    ["without_code", String(day.without_code)],
  ];
  return (
    <dl class="day-figures">
      {shown.map(([name, said, title]) => <div key={name} class="card" data-figure={name} {...(title ? { title } : {})}><dt>{t(`desk.day.${name}`)}</dt><dd class="num">{said}</dd></div>)}
    </dl>
  );
}

function Owed({ day }: { day: DayShown }) {
  return (
    <section class="card" aria-labelledby="owed-title"><h2 id="owed-title">{t("desk.day.owed")}</h2>
      {day.callbacks.length || day.tickets.length ? null : <p class="empty">{t("desk.day.nothing_owed")}</p>}
      <ul class="day-list">
        {day.callbacks.map((each) => (
          <li key={each.id} data-callback={each.id}><span class="badge" data-word="callback">{t("desk.promised")}</span> <span class="num">{moment(each.at)}</span>
            <span class="who"><Foreign class="strong" text={each.name || each.number} />{each.note ? <Foreign text={each.note} /> : null}</span>
            <Dial number={each.number} /></li>
        ))}
        {day.tickets.map((each) => (
          <li key={each.id} data-ticket={each.id}>{each.due ? <span class={each.late ? "num late" : "num"}>{each.late ? "▲ " : ""}{moment(each.due)}</span> : null}
            <a href={`/tickets/${each.id}`} target="_blank" rel="noopener"><Foreign text={`${each.number} ${each.subject}`} /></a> <Foreign class="quiet" text={each.customer_name} /></li>
        ))}
      </ul>
    </section>
  );
}

function Calls({ calls }: { calls: OwnCall[] }) {
  return (
    <section class="card" aria-labelledby="calls-title"><h2 id="calls-title">{t("desk.day.calls")}</h2>
      {calls.length ? (
        <div class="scroll"><table class="plain"><tbody>
          {calls.map((each) => (
            <tr key={each.leg} data-own-call={each.call}>
              <td class="num">{clockTime(each.at)}</td>
              <td><Foreign class="strong" text={each.name || each.number || t("desk.unknown_number")} /><br /><span class="quiet">{[say("direction", each.direction), each.queue_name].filter(Boolean).join(" · ")}</span></td>
              <td class="num">{each.answered === null ? <span class="mark" data-mark="overdue">{t("desk.day.not_answered")}</span> : length(each.talk_s + each.hold_s)}</td>
              <td>{each.code_name ? <Foreign text={each.code_name} /> : each.lacks_code ? <span class="mark" data-mark="overdue">{t("desk.day.lacks_code")}</span> : null}{each.note ? <><br /><Foreign class="quiet" text={each.note.slice(0, 120)} /></> : null}</td>
              <td>{each.recordings.map((ident) => <a key={ident} href={`/recordings/${ident}`} target="_blank" rel="noopener">{t("desk.day.recording")}</a>)}</td>
              <td><Dial number={each.number} /></td>
            </tr>
          ))}
        </tbody></table></div>
      ) : <p class="empty">{t("desk.day.no_calls")}</p>}
    </section>
  );
}

function Dial({ number }: { number: string }) {
  if (!/^\+?[0-9]{2,}$/.test(number)) return null;
  return <button type="button" class="small" data-dial={number} onClick={() => { dialog.value = ""; void act("dial", null, { to: number }); }}>{t("desk.call")}</button>;
}
