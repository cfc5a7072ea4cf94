// What pages weigh where there is much on them: a large group, a full day, a year's survey with what is behind it, long lists.
import { after } from "node:test";
import assert from "node:assert/strict";
import { browser, enter, group, heaviest, person, place, post, test, today, weight } from "./site.mjs";

after(() => browser.close());

const survey = `${place}/surveys/2025`;
const many = 100;
const roomy = 88_000; // a register of thirty, which names of another length and walk-ins make heavier
const each = async (count, make) => {
  for (let i = 1; i <= count; i++) await make(i);
};
const before = (days) => new Date(Date.parse(today()) - days * 86_400_000).toISOString().slice(0, 10);

test("a page with much on it weighs 100 kB at most with all that it loads, and loads nothing from elsewhere", async (t) => {
  const one = await person({ lang: "sv", width: 1280 });
  await enter(one, "demo");
  const { at, register } = await group(one, "Vandringsfalken", 30);
  await post(one, `${at}/series`, { from: before(15 * 7), count: "15", every_days: "7" });
  await one.open(register);
  await one.press("button", "Markera alla övriga närvarande");
  await one.says(/30 av 30 ifyllda\. Sparat/);
  const left = Object.fromEntries(await one.page.locator("input[name^='was-']").evaluateAll((all) => all.map((row) => [row.name, "none"])));
  await one.open(at);
  const child = await one.page.locator("main .rows a").first().getAttribute("href");
  const held = await one.page.locator("main tbody a[href*='/sessions/']").evaluateAll((all) => all.map((a) => a.pathname));
  for (const session of held.slice(-5)) await post(one, session, { everybody: "yes", ...left });
  const programme = "En verksamhet som tar emot barn av många skäl";
  await post(one, `${place}/programmes/new`, { name: programme, forms: "support_group", organiser: "municipality", target: "mixed", identity: "linked", valid_from: "2020-01-01" });
  await one.open(`${place}/groups/new`);
  const offer = await one.page.getByRole("radio", { name: new RegExp(`^${programme}`) }).getAttribute("value");
  const mixed = await group(one, "Pilgrimsfalken", 30, "blandad", offer);
  await one.open(mixed.register);
  await one.press("button", "Markera alla övriga närvarande");
  await one.says(/30 av 30 ifyllda\. Sparat/);
  await each(many, (i) => post(one, `${place}/groups/new`, { name: `Grupp med ett ganska långt namn ${i}`, offer: "sputnik/support_group" }));
  await each(20, () => post(one, `${place}/sessions/new`, { offer: "sputnik/counselling", held_on: today(), another: "yes" }));
  await each(40, (i) => post(one, `${place}/referrals/new`, { step: "save", channel: "school", identity: `tung-${i}`, label: `Väntande ${i}`, received_on: before(i), offer: "sputnik/support_group" }));
  await each(many, (i) => post(one, "/users/new", { called: `Någon ${i}`, name: `tung-${i}`, roles: ["coordinator", "back_office"], where: "some", municipalities: "1880", programmes: "*" }));
  await one.close();

  const heavy = [];
  for (const lang of ["sv", "en"]) {
    const reader = await person({ lang, width: 1280 });
    await enter(reader, "demo");
    const weighed = async (what) => {
      const bytes = await weight(reader);
      t.diagnostic(`${String(Math.ceil(bytes / 1000)).padStart(4)} kB ${what} (${lang})`);
      if (bytes > (what === mixed.register ? roomy : heaviest)) heavy.push(`${what} (${lang}): ${bytes} bytes`);
    };
    for (const path of [
      register, at, mixed.register, mixed.at, child, `${place}/`, `${place}/?missing=all`, `${place}/groups`, `${place}/sessions/new`, `${place}/enrolments/new`, `${place}/programmes`, survey, `${survey}/checks`, `${survey}/checks/S07`,
      `${survey}/checks/S25`, ...["Q3", "Q4", "Q5"].map((q) => `${survey}/questions/${q}`), `${survey}/figures/children`, `${place}/reach?year=2025`, `${place}/reach/figures/children?year=2025&sort=form`,
      `${place}/surveys`, `${place}/surveys/compare`, `${place}/surveys/definitions`, `${place}/log`, `${place}/reads`, `${place}/replay`, `${place}/verifications`, "/operations", "/users", "/report?year=2025", "/report?year=2025&show=children", "/ordlista", "/api",
    ]) {
      await reader.open(path);
      await weighed(path);
    }
    const rows = Array.from({ length: 300 }, (_, i) => `${i};närvaro;i går;barn-${i};sputnik;läger`);
    await reader.open(`${place}/import`);
    await reader.page.setInputFiles("#file", { name: "rader.csv", mimeType: "text/csv", buffer: Buffer.from(["Löpnummer;Händelse;Datum;Barn;Verksamhet;Stödform", ...rows].join("\n")) });
    await reader.page.fill("#source", "tung");
    await reader.press("button", "Se vad som skulle hända", "See what would happen");
    await reader.page.locator("main table").first().waitFor();
    await weighed("a file of which no row can be read");
    await reader.close();
  }
  assert.deepEqual(heavy, []);
}, 1_200_000);
