import { Bar } from "./bar";
import { Cards } from "./cards";
import { Controls } from "./controls";
import { Day } from "./day";
import { Dialogs } from "./dialogs";
import { Facts } from "./facts";
import { Notes } from "./notes";
import { Panels } from "./panels";
import { Side } from "./side";
import { shown } from "./store";

export function App() {
  const card = shown.value;
  return (
    <>
      <Bar />
      <div class={card ? "desk-columns" : "desk-columns alone"}>
        <Cards />
        <div class="desk-middle">
          {card ? <><Facts card={card} /><Panels key={card.call} card={card} /></> : <Day />}
        </div>
        {card ? <aside class="desk-side"><Notes key={card.call} card={card} /><Side key={`side:${card.call}`} card={card} /></aside> : null}
      </div>
      <Controls />
      <Dialogs />
    </>
  );
}
