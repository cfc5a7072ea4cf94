// One tap a child, saved at once. A tap that cannot be sent waits (taps.js), also when the browser is closed; whenever it is
// sent, and how often, the latest tap on a child stands.
"use strict";

for (const form of document.querySelectorAll("form.registering")) {
  const status = form.querySelector("#saved");
  const undo = form.querySelector("#undo");
  const again = form.querySelector(".again");
  const done = form.querySelector(".finish");
  const cancelling = document.querySelector("#cancelling"); // nobody may be there
  const rows = [...form.querySelectorAll("fieldset")];
  const childOf = (row) => row.id.slice("row-".length);
  const rowOf = (tap) => rows.find((row) => tap.to === form.dataset.rows + childOf(row));
  const had = new Map(rows.map((row) => [row, { ...row.dataset, by: row.querySelector(".by")?.textContent }])); // what the server has
  let warned = false;
  let next; // what is to be said
  let waits; // what was said of what waits
  let speaking;

  // Each row is saved by itself: the button that saves all of them is for pages without scripts, where a link would leave marks behind.
  form.querySelector(".save").hidden = true;
  done.hidden = false;

  // At most one announcement a second is read out: the last of what there was to say.
  const say = (text) => {
    next = text;
    speaking ??= setTimeout(() => {
      speaking = undefined;
      if (status.textContent !== next) status.textContent = next;
    }, 1_000);
  };

  const away = () => !navigator.onLine || taps.stopped() === "away";
  const sayWaiting = () => {
    const text = [taps.text(), warned && away() && form.dataset.stay].filter(Boolean).join(" ");
    if (text) say((waits = text));
    return text;
  };

  // An answer is shown in its row: what both wanted, where somebody else had marked the same child, or why it was not taken.
  document.addEventListener("tap", (event) => {
    const { tap, ok, body } = event.detail;
    const row = rowOf(tap);
    if (!row) return;
    event.preventDefault();
    if (taps.waiting().some((other) => other.to === tap.to && other.key !== tap.key)) return;
    if (body.state) had.set(row, body);
    if (!ok) return refuse(row, { ...tap, over: body.over, said: body.text });
    stand(row);
    note(row, body.conflict);
    if (body.conflict) choose(row, body.state);
    if (!sayWaiting()) say(body.text + " " + body.status);
  });

  // stand gives a row the mark that the server has.
  const stand = (row) => {
    const { seen, by } = had.get(row);
    row.dataset.seen = seen;
    signed(row, by);
  };

  // signed says who set a row that was filled in when the page was opened. No line comes or goes: rows stay under the thumb.
  const signed = (row, by) => {
    const line = row.querySelector(".by");
    if (line) line.textContent = by || "\u00a0";
  };

  // note stands beside a child until the next one.
  const note = (row, text) => {
    row.querySelector(".conflict")?.remove();
    if (!text) return;
    const line = Object.assign(document.createElement("p"), { className: "conflict error", textContent: text });
    row.append(line);
    return line;
  };

  // refuse shows what was not taken: for good, and the row is as the server has it, or only so far, and the tap stays.
  const refuse = (row, tap) => {
    row.dataset.seen = had.get(row).seen;
    if (!tap.over) return note(row, `${tap.said} ${form.dataset.kept}`);
    stand(row);
    choose(row, had.get(row).state);
    const text = `${form.dataset.refused.replace("%s", called(row, tap.state))} ${tap.said}`;
    const line = note(row, text + " ");
    const button = taps.dismissing([tap.key]);
    button.addEventListener("click", () => {
      line.remove();
      row.querySelector("input").focus();
    });
    line.append(button);
    say(text);
  };

  const called = (row, state) => row.querySelector(`[value=${state}] + span`)?.textContent ?? form.dataset.none;

  // clearing is the button, in the list of all, that empties a row.
  const clearing = (row) => document.querySelector(`form.clearing [value="${childOf(row)}"]`);

  const choose = (row, state) => {
    for (const radio of row.querySelectorAll("input[type=radio]")) radio.checked = radio.value === state;
    row.querySelector("[type=hidden]").value = state;
    const line = clearing(row).closest("li");
    line.hidden = state === "none";
    line.querySelector(".now").textContent = row.querySelector("input:checked + span")?.textContent ?? "";
    if (cancelling) {
      cancelling.hidden = "counted" in cancelling.dataset || rows.some((one) => one.querySelector("[value=attended]:checked"));
      document.querySelector("#held").hidden = !cancelling.hidden;
    }
  };

  const queue = (row, state, moment = Date.now()) => {
    const to = form.dataset.rows + childOf(row);
    const before = taps.waiting().find((other) => other.to === to);
    const at = Math.max(moment, Number(row.dataset.seen) + 1); // a clock may be wrong: what was seen came before
    taps.add({ to, state, at, seen: before?.seen ?? row.dataset.seen });
    row.dataset.seen = at;
    signed(row, "");
    note(row, "");
    choose(row, state);
  };

  form.addEventListener("change", (event) => {
    const row = event.target.closest("fieldset");
    if (!row || event.target.type !== "radio") return;
    queue(row, event.target.value);
    taps.send();
  });

  // Delete empties a row again.
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("fieldset");
    if (!row || event.target.type !== "radio" || (event.key !== "Delete" && event.key !== "Backspace")) return;
    event.preventDefault();
    queue(row, "none");
    taps.send();
  });

  for (const row of rows) {
    clearing(row).addEventListener("click", (event) => {
      event.preventDefault();
      queue(row, "none");
      taps.send();
    });
  }

  // Everybody who is left is marked as here, also without a network, and can be unmarked again.
  let together = [];
  form.querySelector("[name=everybody]").addEventListener("click", (event) => {
    event.preventDefault();
    together = rows.filter((row) => !row.querySelector("input:checked"));
    const moment = Date.now();
    for (const row of together) queue(row, "attended", moment);
    undo.hidden = !together.length;
    taps.send();
  });
  undo.addEventListener("click", () => {
    for (const row of together) if (row.querySelector("input:checked")?.value === "attended") queue(row, "none");
    undo.hidden = true;
    form.querySelector("[name=everybody]").focus();
    taps.send();
  });

  // Whoever is done is told what still waits, once; without a network the page stays, for there is no other to show.
  done.addEventListener("click", async (event) => {
    if (!away() && (warned || !taps.waiting().length)) return;
    event.preventDefault();
    sayWaiting();
    await taps.send();
    if (!away() && !taps.waiting().length) return location.assign(done.href);
    warned = true;
    say(sayWaiting() + (away() ? "" : " " + form.dataset.leave));
  });

  // What waits is shown as it was tapped; what was refused stands beside what the server has.
  for (const tap of [...taps.waiting(), ...taps.over()]) {
    const row = rowOf(tap);
    if (!row) continue;
    if (!tap.over) {
      row.dataset.seen = tap.at;
      signed(row, "");
      choose(row, tap.state);
    }
    if (tap.said) refuse(row, tap);
  }

  // What could not be sent is told once it has been tried, and not after each tap.
  const tell = () => {
    again.hidden = taps.stopped() !== "login";
    if (!taps.text() && waits && next === waits) say(taps.sent); // another page sent it
    else if (taps.stopped() || taps.waiting().some((tap) => tap.said)) sayWaiting();
  };
  document.addEventListener("taps", tell);
  sayWaiting();
}
