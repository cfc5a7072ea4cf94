// What a coordinator changes of programmes and groups, and two that turn out to be one child: in both languages, by keyboard
// alone, at 320 pixels, without JavaScript.
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { browser, enter, group, person, place, post, teller, today, ways } from "./site.mjs";

after(() => browser.close());

const later = (day, days) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

// prepared is what a colleague makes before the story begins.
async function prepared(make) {
  const maker = await person({ lang: "sv", width: 1280 });
  await enter(maker, "demo");
  const made = await make(maker);
  await maker.close();
  return made;
}

for (const way of ways) {
  const mark = `${way.width}${way.lang}${way.scriptless ? "x" : ""}`;
  describe(way.name, () => {
    const story = (name, tell) => teller(way, "demo")(name, tell);

    story("a programme is amended", async (one) => {
      const name = `Källan ${mark}`;
      await prepared((maker) => post(maker, `${place}/programmes/new`, { name, forms: "camp", organiser: "municipality", target: "substance_abuse", identity: "linked", valid_from: "2020-01-01" }));
      await one.open(`${place}/programmes`);
      await one.use(one.page.getByRole("link", { name, exact: true }));
      await one.fits();
      assert.ok(await one.find("checkbox", "Läger", "Camp").isChecked());
      await one.write(one.page.locator("#name"), "20101231-2391");
      await one.press("button", "Spara ändringarna", "Save the changes");
      await one.says("personnummer", "identity number");
      await one.write(one.page.locator("#name"), `${name} norr`);
      await one.use(one.find("checkbox", "Stödsamtal", "Counselling"));
      await one.press("button", "Spara ändringarna", "Save the changes");
      await one.says("Verksamheten är ändrad.", "The programme is changed.");
      const row = one.page.locator("main .rows li", { hasText: `${name} norr` });
      assert.match(await row.innerText(), one.text(/läger, stödsamtal/, /camp, counselling/));
      await one.fits();
    });

    story("a group gets another name, is closed with what was planned, and is opened again", async (one) => {
      const name = `Stängs ${mark}`;
      const { at } = await prepared(async (maker) => {
        const made = await group(maker, name, 2);
        await post(maker, `${made.at}/series`, { from: later(today(), 7), count: "2", every_days: "7" });
        return made;
      });
      await one.open(at);
      await one.use(one.page.locator("summary", { hasText: one.text("Ändra namn och platser", "Change name and places") }));
      await one.write(one.page.locator("#places"), "1");
      await one.press("button", "Spara gruppen", "Save the group");
      await one.says("Gruppen är full", "The group is full");
      await one.write(one.page.locator("#name"), `${name} igen`);
      await one.write(one.page.locator("#places"), "4");
      await one.press("button", "Spara gruppen", "Save the group");
      await one.says("Gruppen är ändrad.", "The group is changed.");
      await one.find("heading", `${name} igen`, `${name} igen`).waitFor();
      await one.says("2 av 4 platser är tagna.", "2 of 4 places are taken.");

      await one.use(one.page.locator("summary", { hasText: one.text("Avsluta gruppen", "Close the group") }));
      await one.fits();
      await one.press("button", "Avsluta gruppen", "Close the group");
      await one.says("Gruppen är avslutad. Sista dagen var", "The group is closed. Its last day was");
      await one.use(one.page.locator("summary", { hasText: one.text("2 kommande träffar", "2 sessions ahead") }));
      assert.equal(await one.page.locator("details[open] .tag").count(), 2, "what was planned is cancelled");
      assert.equal(await one.page.locator("#skip").count(), 0);
      await one.fits();
      await one.open(`${place}/sessions/new`);
      assert.equal(await one.page.getByRole("radio", { name: new RegExp(`^${name} igen`) }).count(), 0, "no session is planned in a closed group");
      await one.open(`${place}/groups`);
      await one.use(one.page.locator("summary", { hasText: one.text(/avslutade? grupp/, /closed group/) }));
      await one.use(one.page.getByRole("link", { name: `${name} igen`, exact: true }));
      await one.press("button", "Öppna gruppen igen", "Open the group again");
      await one.says("Gruppen är öppen igen.", "The group is open again.");
    });

    story("a series keeps off public holidays, and says which", async (one) => {
      const { at } = await prepared((maker) => group(maker, `Röd ${mark}`, 1));
      await one.open(at);
      await one.use(one.page.locator("summary", { hasText: one.text("Planera en serie träffar", "Plan a series of sessions") }));
      await one.write(one.page.locator("#from"), "2099-12-10");
      await one.write(one.page.locator("#count"), "5");
      await one.use(one.find("checkbox", "Ingen träff på röda dagar", "No session on public holidays"));
      await one.press("button", "Planera", "Plan");
      await one.says("Träffarna är planerade.", "The sessions are planned.");
      const said = await one.page.locator(".note", { hasText: one.text("Röda dagar utan träff", "Public holidays without a session") }).innerText();
      assert.match(said, one.text(/24 december 2099, 31 december 2099/, /24 December 2099, 31 December 2099/));
      await one.fits();
      await one.use(one.page.locator("summary", { hasText: one.text("3 kommande träffar", "3 sessions ahead") }));
      await one.follow(one.page.locator("details[open] a").last());
      await one.says(/Träff 4 av 4/, /Session 4 of 4/);
    });

    story("sessions that were planned by mistake are taken away at once", async (one) => {
      const { at } = await prepared((maker) => group(maker, `Fel ${mark}`, 1));
      await one.open(at);
      await one.use(one.page.locator("summary", { hasText: one.text("Planera en serie träffar", "Plan a series of sessions") }));
      await one.write(one.page.locator("#from"), "2099-01-05");
      await one.write(one.page.locator("#count"), "3");
      await one.press("button", "Planera", "Plan");
      await one.use(one.page.locator("summary", { hasText: one.text("Ställ in eller ta bort flera", "Cancel or take away several") }));
      await one.use(one.find("checkbox", "måndag 12 januari 2099", "Monday 12 January 2099"));
      await one.press("button", "Ställ in", "Cancel them");
      await one.says("Träffarna är inställda.", "The sessions are cancelled.");
      await one.use(one.page.locator("summary", { hasText: one.text("Ställ in eller ta bort flera", "Cancel or take away several") }));
      await one.use(one.find("checkbox", "3 kommande träffar", "3 sessions ahead"));
      await one.fits();
      await one.press("button", "Ta bort", "Take them away");
      await one.says("Träffarna är borttagna.", "The sessions are taken away.");
      assert.equal(await one.page.locator("summary", { hasText: one.text("kommande", "ahead") }).count(), 0);
    });

    story("a child that may be there already is compared before it is recorded twice", async (one) => {
      const name = `Dubbel${mark}`;
      await prepared((maker) => post(maker, `${place}/enrolments/new`, { identity: `dubbel-${mark}`, label: name, offer: "sputnik/counselling", enrolled_on: "2026-01-12", birth_year: "2014", step: "save" }));
      await one.open(`${place}/referrals/new`);
      await one.use(one.find("radio", "Polisen", "The police"));
      await one.write(one.page.locator("#identity"), `dubbel-igen-${mark}`);
      await one.write(one.page.locator("#label"), `${name} B`);
      await one.press("button", "Fortsätt", "Continue");
      await one.find("heading", "Kan vara samma barn", "May be the same child").waitFor();
      assert.match(await one.page.locator(".cards .card").innerText(), one.text(/2014[^]*sputnik, stödsamtal, 12 januari 2026/, /2014[^]*sputnik, counselling, 12 January 2026/));
      await one.fits();
      await one.use(one.page.getByRole("button", { name: one.text(/^Det är det här barnet/, /^It is this child/) }));
      await one.says("Barnet har redan plats", "The child already has a place");
      assert.equal(await one.page.locator("#doubles").count(), 0);
      await one.press("button", "Spara remissen", "Save the referral");
      await one.says("Remissen är sparad.", "The referral is saved.");
      await one.find("heading", name, name).waitFor();
      await one.says("Född 2014.", "Born in 2014.");
      assert.equal(await one.page.locator("main ol.rows > li").count(), 2, "a place and a referral, of one child");
    });

    story("a place is chosen for a referral that waits, and answers it", async (one) => {
      const name = `Väntar ${mark}`;
      const child = await prepared((maker) => post(maker, `${place}/referrals/new`, { channel: "police", identity: `vantar-${mark}`, label: name, received_on: "2025-01-07", step: "save" }));
      await one.open(`${place}/enrolments/new`);
      await one.page.locator("#referral").selectOption({ label: `${name}, ${one.text("polisen, 7 januari 2025", "the police, 7 January 2025")}` });
      await one.use(one.page.getByRole("radio", { name: one.text(/stödsamtal/, /counselling/) }).first());
      await one.fits();
      await one.press("button", "Fortsätt", "Continue");
      await one.find("heading", "Kontrollera innan du sparar", "Check before you save").waitFor();
      assert.ok(await one.page.getByRole("checkbox", { name: one.text(/^Remissen besvaras: antagen\. Polisen/, /The police, 7 January 2025/) }).isChecked());
      await one.press("button", "Skriv in", "Enrol");
      await one.page.waitForURL((url) => url.pathname === child);
      await one.says("Remissen avslutad", "Referral closed");
      await one.says(/Uppdaterad \d\d\.\d\d/, /Updated \d\d:\d\d/);
      await one.fits();
    });

    story("a merge and its end stand on the timeline, and are not there as of the day before", async (one) => {
      const { at } = await prepared(async (maker) => {
        const made = await group(maker, `Ett ${mark}`, 2);
        await maker.open(made.at);
        const [keep, merge] = await maker.page.locator("main .rows a").evaluateAll((all) => all.map((a) => a.pathname.split("/").at(-1)));
        await post(maker, `${place}/merges/new`, { keep, merge, step: "save" });
        return { at: `${place}/children/${keep}` };
      });
      await one.open(at);
      const line = one.page.locator("main ol.rows > li", { hasText: one.text("Sammanslagning", "Merge") });
      assert.match(await line.innerText(), one.text(/är samma som det här och räknas som det[^]*registrerade det/, /is the same as this one and counts as it[^]*recorded it/));
      await one.fits();
      await one.use(one.page.getByRole("button", { name: one.text(/^Ta isär dem igen/, /^Take them apart again/) }));
      await one.says("Barnen är två igen.", "The children are two again.");
      assert.match(await line.innerText(), one.text(/tog isär dem/, /took them apart/));
      assert.equal(await line.locator("s").count(), 1);
      await one.fits();
      await one.open(`${at}/as-of?day=${later(today(), -1)}`);
      await one.find("heading", "Har kommit till", "Has come since").waitFor();
      assert.match(await one.page.locator("main").innerText(), one.text(/Sammanslagning[^]*tog isär dem/, /Merge[^]*took them apart/));
      await one.fits();
    });

    story("a mark that was changed is struck through on the timeline, with who, when and why, also as of a day", async (one) => {
      const child = await prepared(async (maker) => {
        const { at, register } = await group(maker, `Rättad ${mark}`, 1);
        await maker.open(at);
        const id = new URL(await maker.page.locator("main .rows a").first().getAttribute("href"), "http://x").pathname.split("/").at(-1);
        for (const state of ["attended", "absent"]) await post(maker, `${register}/rows/${id}`, { state });
        return `${place}/children/${id}`;
      });
      await one.open(child);
      await one.use(one.page.locator("summary", { hasText: one.text(/Närvaro.*0 av 1 träff/, /Attendance.*0 of 1 session/) }));
      const struck = one.page.locator("main li", { has: one.page.locator("> s") });
      assert.equal(await struck.count(), 1);
      assert.match(await struck.innerText(), one.text(/: här Gäller inte längre: ändrat till inte här .* ändrade det \d\d\.\d\d/, /: here No longer holds: changed to not here .* changed it \d\d:\d\d/));
      await one.fits();
      await one.open(`${child}/as-of?day=${later(today(), -1)}`);
      await one.find("heading", "Har kommit till", "Has come since").waitFor();
      assert.match(await one.page.locator("main li", { has: one.page.locator("s") }).innerText(), one.text(/ändrat till inte här/, /changed to not here/));
      await one.fits();
    });

    story("what is shown once stays when the language is changed", async (one) => {
      await one.open("/users/new");
      await one.write(one.page.locator("#called"), "Kim");
      await one.write(one.page.locator("#name"), `en-gång-${mark}`);
      await one.use(one.page.getByRole("checkbox", { name: one.text(/Drift/, /Operations/) }));
      await one.write(one.page.locator("#municipalities"), "1880");
      await one.press("button", "Spara och skapa länk", "Save and make a link");
      const link = await one.page.locator("pre").innerText();
      await one.use(one.page.getByRole("button", { name: one.text("English", "Svenska"), exact: true }));
      await one.page.getByText(one.text("The page is now shown in English.", "Sidan visas nu på svenska.")).waitFor();
      assert.equal(await one.page.locator("pre").innerText(), link);
      assert.ok(!one.page.url().includes(link.split("/").at(-1)), "the secret stands in the address");
      await one.fits();
    });
  });
}
