// Who stands in no row of a register: a child of the programme who walks in, and those whom nobody identified. Without a network
// they wait as taps do (taps.js), as ids and numbers; what they are called stands on the page alone.
"use strict";

const unsent = document.getElementById("unsent");
if (unsent) {
  const texts = unsent.dataset;
  const register = texts.rows.slice(0, -"/rows/".length); // the page's address, also where a form was refused
  const status = unsent.querySelector("[role=status]");
  const walking = document.querySelector("form.walking");
  const counting = document.querySelector("form.counting");
  const warning = walking?.querySelector(".away");

  let unsaid = false; // why somebody walked in, when the button was pressed

  const away = () => !navigator.onLine || taps.stopped() === "away";
  const childOf = (tap) => tap.to.startsWith(texts.rows) && tap.to.slice(texts.rows.length);
  const kindOf = (tap) => tap.to.startsWith(texts.heads) && tap.to.slice(texts.heads.length);
  const listed = (child) => document.querySelector(`form.registering [id="row-${child}"]`);
  const ours = (tap) => kindOf(tap) || (childOf(tap) && !listed(childOf(tap)));
  const waiting = () => taps.waiting().filter(ours);
  const waits = (to) => taps.waiting().find((tap) => tap.to === to);
  const was = (kind) => counting.elements[`was_${kind}`];
  const kinds = ["unidentified", "adults"];
  const typed = (kind) => counting.elements[kind].value.trim();
  const shown = new Map(kinds.map((kind) => [kind, was(kind).value])); // what this page put into the fields
  const changed = () => kinds.filter((kind) => String(Number(typed(kind))) !== shown.get(kind));

  // refresh shows in the fields that nobody has changed here what waits, also from another tab, or else what was saved.
  const refresh = () => {
    for (const kind of kinds.filter((one) => !changed().includes(one))) {
      const now = waits(texts.heads + kind)?.state ?? was(kind).value;
      shown.set(kind, now);
      if (typed(kind) !== now) counting.elements[kind].value = now;
    }
  };

  const called = (tap) => {
    if (kindOf(tap)) return counting.querySelector(`label[for=${kindOf(tap)}]`).textContent;
    const child = childOf(tap);
    return walking?.querySelector(`option[value="${child}"]`)?.textContent ?? `${texts.unnamed} ${child.slice(0, 4)}`;
  };

  const stateOf = (tap) => {
    if (kindOf(tap)) return tap.state;
    return tap.state === "none" ? texts.none : texts.here;
  };

  // takeBack takes away what waits. What may have come to the server, though no answer did, is undone there.
  const takeBack = (key) => {
    const tap = waiting().find((one) => one.key === key);
    if (!tap) return;
    status.textContent = texts.removed.replace("%s", called(tap));
    if (!tap.tried) return taps.drop([key]);
    queue(tap.to, kindOf(tap) ? was(kindOf(tap)).value : "none", tap.seen, { after: tap.at, undoing: true });
    taps.send();
  };

  const list = unsent.querySelector("ul");
  const lineOf = (tap) => {
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("span"), { textContent: `${called(tap)}: ${stateOf(tap)}` }));
    if (tap.undoing) return line;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: texts.remove });
    button.dataset.key = tap.key;
    button.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${called(tap)}` }));
    button.addEventListener("click", () => takeBack(tap.key));
    line.append(button);
    return line;
  };

  let listing = ""; // what the list says: it is made anew when that changes, and the focus stays
  const show = () => {
    refresh();
    const all = waiting();
    const said = JSON.stringify(all.map((tap) => [tap.key, called(tap), stateOf(tap)]));
    const held = list.contains(document.activeElement) && document.activeElement.dataset.key;
    unsent.querySelector("h2").hidden = !all.length;
    unsent.hidden = !all.length && !status.textContent;
    if (said !== listing) {
      listing = said;
      list.replaceChildren(...all.map(lineOf));
      if (held) (list.querySelector(`[data-key="${held}"]`) ?? status).focus();
    }
    if (warning) {
      const text = away() ? (unsaid ? warning.dataset.why : warning.dataset.text) : "";
      if (warning.textContent !== text) warning.textContent = text;
    }
  };

  const queue = (to, state, seen, { after = 0, undoing, target } = {}) => {
    const before = waits(to);
    const at = Math.max(Date.now(), Number(seen) + 1, after + 1); // a clock may be wrong: what was seen came before
    taps.add({ to, state, at, seen: before?.seen ?? seen, tried: before?.tried, undoing, target });
  };

  // again asks for the page once more, which shows what was saved.
  const again = (done, hash = "") => {
    const to = `${register}?done=${done}`;
    if (location.pathname + location.search !== to) return location.assign(to + hash);
    location.hash = hash;
    location.reload();
  };

  // An answer is told here; what somebody else had said of the same as well, until more is said here.
  let told = "";
  document.addEventListener("tap", (event) => {
    const { tap, ok, body } = event.detail;
    if (!ours(tap)) return;
    const kind = kindOf(tap);
    if (kind && body.state && !waits(tap.to)) {
      was(kind).value = body.state;
      was(kind).dataset.seen = body.seen;
      refresh();
    }
    if (!ok) return;
    event.preventDefault();
    told = [told, body.conflict].filter(Boolean).join(" ");
    status.textContent = [body.text, body.status, told].filter(Boolean).join(" ");
    if (!kind) status.append(" ", Object.assign(document.createElement("a"), { href: register, textContent: texts.again }));
    show();
  });

  walking?.addEventListener("change", ({ target }) => {
    if (target.name !== "target") return;
    unsaid = false;
    show();
  });

  // Whoever is chosen from the list needs no network. Who is typed does: it is looked up in the vault.
  walking?.addEventListener("submit", async (event) => {
    const { child, identity, target, home_municipality: home } = walking.elements;
    unsaid = Boolean(child?.value && target && !target.value);
    const chosen = child?.value && !identity.value.trim() && !home.value && !unsaid && target?.value !== "other";
    if (!chosen && !away()) return;
    event.preventDefault();
    event.stopPropagation();
    if (!chosen) return show();
    told = "";
    const to = texts.rows + child.value;
    queue(to, "attended", 0, { target: target?.value || undefined });
    const hash = `#row-${child.value}`;
    child.value = "";
    await taps.send();
    if (!waits(to) && !taps.over().some((tap) => tap.to === to) && !told) again("walk_in", hash);
  });

  counting.addEventListener("submit", async (event) => {
    const touched = changed();
    const readable = touched.every((kind) => /^\d{0,5}$/.test(typed(kind)));
    if ((!touched.length || !readable) && !away()) return;
    event.preventDefault();
    event.stopPropagation();
    if (!readable) {
      status.textContent = texts.number;
      return show();
    }
    told = "";
    for (const kind of touched) {
      shown.set(kind, String(Number(typed(kind))));
      queue(texts.heads + kind, shown.get(kind), was(kind).dataset.seen);
    }
    await taps.send();
    const left = [...taps.waiting(), ...taps.over()].some((tap) => touched.includes(kindOf(tap)));
    if (touched.length && !left && !changed().length && !told) again("counts");
  });

  // The children of the programme are asked for before the network may go; their names stay on the page.
  const ask = async () => {
    const link = walking?.querySelector(".others a");
    if (!link) return;
    try {
      const address = new URL(link.href);
      address.searchParams.set("others", "only");
      const part = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      const others = part.querySelector(".others");
      if (others) walking.querySelector(".others").replaceWith(others);
    } catch {
      // the network is away; the link stays
    }
    show();
  };

  for (const changed of ["online", "offline"]) addEventListener(changed, show);
  addEventListener("online", ask);
  document.addEventListener("taps", show);
  show();
  ask();
}
