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

  const away = () => !navigator.onLine || taps.stopped() === "away";
  const childOf = (tap) => tap.to.startsWith(texts.rows) && tap.to.slice(texts.rows.length);
  const kindOf = (tap) => tap.to.startsWith(texts.heads) && tap.to.slice(texts.heads.length);
  const listed = (child) => document.querySelector(`form.registering [data-child="${child}"]`);
  const ours = (tap) => kindOf(tap) || (childOf(tap) && !listed(childOf(tap)));
  const waiting = () => taps.waiting().filter(ours);
  const waits = (to) => taps.waiting().find((tap) => tap.to === to);
  const was = (kind) => counting.elements[`was_${kind}`];

  const called = (tap) => {
    if (kindOf(tap)) return counting.querySelector(`label[for=${kindOf(tap)}]`).textContent;
    const child = childOf(tap);
    return walking?.querySelector(`option[value="${child}"]`)?.textContent ?? `${texts.unnamed} ${child.slice(0, 4)}`;
  };

  const show = () => {
    const list = waiting();
    unsent.querySelector("ul").replaceChildren(
      ...list.map((tap) => {
        const line = document.createElement("li");
        const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: texts.remove });
        button.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${called(tap)}` }));
        button.addEventListener("click", () => {
          if (kindOf(tap)) counting.elements[kindOf(tap)].value = was(kindOf(tap)).value;
          taps.drop([tap.key]);
        });
        line.append(Object.assign(document.createElement("span"), { textContent: `${called(tap)}: ${kindOf(tap) ? tap.state : texts.here}` }), button);
        return line;
      }),
    );
    unsent.querySelector("h2").hidden = !list.length;
    unsent.hidden = !list.length && !status.textContent;
    if (warning) {
      const text = away() ? warning.dataset.text : "";
      if (warning.textContent !== text) warning.textContent = text;
    }
  };

  const queue = (to, state, seen) => {
    const at = Math.max(Date.now(), Number(seen) + 1); // a clock may be wrong: what was seen came before
    taps.add({ to, state, at, seen: waits(to)?.seen ?? seen });
  };

  // again asks for the page once more, which shows what was saved.
  const again = (done, hash = "") => {
    const to = `${register}?done=${done}`;
    if (location.pathname + location.search !== to) return location.assign(to + hash);
    location.hash = hash;
    location.reload();
  };

  // An answer is told here; what somebody else had counted as well.
  let told = "";
  document.addEventListener("tap", (event) => {
    const { tap, ok, body } = event.detail;
    if (!ours(tap)) return;
    const kind = kindOf(tap);
    if (kind && body.state && !waits(tap.to)) {
      was(kind).value = counting.elements[kind].value = body.state;
      was(kind).dataset.seen = body.seen;
    }
    if (!ok) return;
    event.preventDefault();
    status.textContent = [body.text, body.status, body.conflict].filter(Boolean).join(" ");
    if (!kind) status.append(" ", Object.assign(document.createElement("a"), { href: register, textContent: texts.again }));
    told = body.conflict ?? "";
    show();
  });

  // Whoever is chosen from the list needs no network. Who is typed does: it is looked up in the vault.
  walking?.addEventListener("submit", async (event) => {
    const { child, identity, target, home_municipality: home } = walking.elements;
    const chosen = child?.value && !identity.value.trim() && !home.value && target?.value !== "other";
    if (!chosen && !away()) return;
    event.preventDefault();
    event.stopPropagation();
    if (!chosen) return show();
    const to = texts.rows + child.value;
    queue(to, "attended", 0);
    const hash = `#row-${child.value}`;
    child.value = "";
    await taps.send();
    if (!waits(to) && !taps.over().some((tap) => tap.to === to)) again("walk_in", hash);
  });

  counting.addEventListener("submit", async (event) => {
    const kinds = ["unidentified", "adults"].filter((kind) => counting.elements[kind].value.trim() !== (waits(texts.heads + kind)?.state ?? was(kind).value));
    const readable = kinds.every((kind) => /^\d{0,5}$/.test(counting.elements[kind].value.trim()));
    if ((!kinds.length || !readable) && !away()) return;
    event.preventDefault();
    event.stopPropagation();
    if (!readable) {
      status.textContent = texts.number;
      return show();
    }
    told = "";
    for (const kind of kinds) queue(texts.heads + kind, String(Number(counting.elements[kind].value)), was(kind).dataset.seen);
    await taps.send();
    const left = [...taps.waiting(), ...taps.over()].some((tap) => kinds.includes(kindOf(tap)));
    if (kinds.length && !left && !told) again("counts");
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

  for (const tap of waiting()) if (kindOf(tap)) counting.elements[kindOf(tap)].value = tap.state;
  for (const changed of ["online", "offline"]) addEventListener(changed, show);
  addEventListener("online", ask);
  document.addEventListener("taps", show);
  show();
  ask();
}
