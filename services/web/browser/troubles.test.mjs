// What goes wrong in a coordinator's week, and how it is put right: in both languages, by keyboard alone, at 320 pixels, without JavaScript.
import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { browser, enter, group, person, place, post, teller, today, unfolded, ways } from "./site.mjs";

after(() => browser.close());

// prepared is what a colleague makes before the story begins.
async function prepared(make) {
  const maker = await person({ lang: "sv", width: 1280 });
  await enter(maker, "demo");
  await maker.open(`${place}/`);
  const made = await make(maker);
  await maker.close();
  return made;
}

const dayBefore = (days) => new Date(Date.parse(today()) - days * 86_400_000).toISOString().slice(0, 10);
const summary = (one, sv, en) => one.page.locator("summary", { hasText: one.text(sv, en) }).first();

for (const way of ways) {
  const mark = `${way.width}${way.lang}${way.scriptless ? "!" : ""}`;
  const looked = async (one) => (way.scriptless ? one.fits() : assert.deepEqual(await unfolded(one), [])); // axe is a script
  describe(way.name, () => {
    const story = (name, tell) => teller(way, "demo")(name, tell);

    story("a coordinator says who is in a mixed group for another reason, and who lives elsewhere", async (one) => {
      const name = `Blandad ${mark}`;
      await prepared(async (maker) => {
        await post(maker, `${place}/programmes/new`, { name, forms: "support_group", organiser: "municipality", target: "mixed", identity: "linked", valid_from: "2020-01-01" });
      });
      await one.open(`${place}/enrolments/new`);
      await one.write(one.page.locator("#identity"), `${name}-1`);
      await one.write(one.page.locator("#label"), "Ali");
      await one.use(one.page.getByRole("radio", { name: new RegExp(`^${name}`) }).first());
      await one.use(one.find("radio", "Av annat skäl", "For another reason"));
      await one.use(summary(one, "Barnet bor i en annan kommun", "The child lives in another municipality"));
      await one.page.selectOption("#home_municipality", "1881");
      await looked(one);
      await one.press("button", "Fortsätt", "Continue");
      await one.says("Av annat skäl", "For another reason");
      await one.says("Kumla", "Kumla");
      await one.press("button", "Skriv in", "Enrol");
      await one.says("Barnet är inskrivet.", "The child is enrolled.");

      await one.open(`${place}/sessions/new`);
      await one.use(one.page.getByRole("radio", { name: new RegExp(`^${name}`) }).first());
      await one.press("button", "Öppna närvaro", "Open the register");
      for (const [label, elsewhere] of [["Bea", true], ["Cia", false], ["Ali", false]]) {
        await one.use(summary(one, "Ett barn som inte står i listan", "A child that is not on the list"));
        await one.write(one.page.locator("#identity"), label === "Ali" ? `${name}-1` : `${name}-${label}`);
        await one.write(one.page.locator("#label"), label);
        await one.use(label === "Ali" ? one.find("radio", "Av annat skäl", "For another reason") : one.find("radio", "Missbruk i familjen", "Substance abuse in the family"));
        if (elsewhere) {
          await one.page.selectOption("#home_municipality", "Kumla");
        }
        await one.press("button", "Lägg till som här", "Add as here");
        await one.says("Barnet är tillagt och markerat som här.", "The child was added and marked as here.");
      }
      const row = (label) => one.page.locator(".register > li", { hasText: label });
      assert.match(await row("Ali").innerText(), one.text(/av annat skäl/, /for another reason/));
      assert.match(await row("Bea").innerText(), one.text(/bor i Kumla/, /lives in Kumla/));
      await one.use(summary(one, "Barn som är här av annat skäl", "Children who are here for another reason"));
      assert.ok(await one.page.getByRole("checkbox", { name: "Ali" }).isChecked());
      await one.use(one.page.getByRole("checkbox", { name: "Cia" }));
      await one.press("button", "Spara skälen", "Save the reasons");
      await one.says("Skälen är sparade.", "The reasons are saved.");
      assert.match(await row("Cia").innerText(), one.text(/av annat skäl/, /for another reason/));
      assert.doesNotMatch(await row("Bea").innerText(), one.text(/av annat skäl/, /for another reason/));
      await looked(one);
    });

    story("a place answers the referral that it is made from", async (one) => {
      const label = `Svar ${mark}`;
      const child = await prepared((maker) => post(maker, `${place}/referrals/new`, { step: "save", channel: "school", identity: label, label, received_on: dayBefore(2), offer: "sputnik/support_group" }));
      await one.open(child);
      await one.press("link", "Skriv in barn", "Enrol a child");
      await one.use(one.page.getByRole("radio", { name: one.text("sputnik, stödgrupp utan grupp", "sputnik, support group without a group") }));
      await one.press("button", "Fortsätt", "Continue");
      assert.ok(await one.page.getByRole("checkbox", { name: one.text(/Remissen besvaras: antagen\. Skolan/, /The referral is answered: accepted\. School/) }).isChecked());
      await looked(one);
      await one.press("button", "Skriv in", "Enrol");
      await one.says("Barnet är inskrivet. Remissen är besvarad: antagen.", "The child is enrolled. The referral is answered: accepted.");
      assert.equal(await one.page.getByText(one.text("Remissen avslutad", "Referral closed"), { exact: true }).count(), 1);
      await one.use(summary(one, /Ändra Remiss \d/, /Change Referral \d/)); // not that of the closing
      await one.use(one.page.locator("details[open]").getByRole("link", { name: one.text(/^Rätta Remiss/, /^Correct Referral/) }));
      await one.page.selectOption("#reason", "entered_in_error");
      await one.press("button", "Spara rättelsen", "Save the correction");
      await one.says("Inget är ändrat.", "Nothing is changed.");
      await one.use(one.find("radio", "Polisen", "The police"));
      await one.page.fill("#received_on", dayBefore(3));
      await looked(one);
      await one.press("button", "Spara rättelsen", "Save the correction");
      await one.says("Rättelsen är sparad.", "The correction is saved.");
      assert.match(await one.page.locator("main s").innerText(), one.text(/skolan/i, /school/i));
      await one.use(summary(one, "Ändra Inskriven", "Change Enrolled"));
      await one.use(one.page.locator("details[open]").getByRole("link", { name: one.text(/^Rätta Inskriven/, /^Correct Enrolled/) }));
      await one.page.selectOption("#offer", "sputnik/counselling");
      await one.page.selectOption("#reason", "wrong_programme");
      await one.press("button", "Spara rättelsen", "Save the correction");
      await one.says("Rättelsen är sparad.", "The correction is saved.");
      assert.equal(await one.page.locator("main s").count(), 2);
      await one.says(/stödsamtal/, /counselling/);
    });

    story("a session that was made twice, on the wrong day or by mistake is put right", async (one) => {
      const { at, register } = await prepared((maker) => group(maker, `Dubbel ${mark}`, 2));
      await one.open(`${place}/sessions/new?group=${at.split("/").at(-1)}`);
      await one.press("button", "Öppna närvaro", "Open the register");
      await one.says("Gruppen har redan en träff den dagen.", "The group has a session on that day already.");
      await looked(one);
      await one.use(one.page.getByRole("link", { name: one.text(/^Öppna träffen/, /^Open the session/) }));
      assert.equal(new URL(one.page.url()).pathname, register);
      await one.open(`${place}/sessions/new?group=${at.split("/").at(-1)}`);
      await one.press("button", "Öppna närvaro", "Open the register");
      await one.use(one.find("checkbox", "Det är en annan träff", "It is another session"));
      await one.press("button", "Öppna närvaro", "Open the register");
      await one.says("Träffen är registrerad.", "The session is recorded.");
      const mend = () => one.use(summary(one, "Fel dag eller verksamhet, eller ska inte finnas", "Wrong day or programme, or should not be there"));
      await mend();
      await one.page.fill("#held_on", dayBefore(7));
      await looked(one);
      await one.press("button", "Rätta träffen", "Correct the session");
      await one.says("Träffen är rättad.", "The session is corrected.");
      await one.use(summary(one, "Ställ in träffen", "Cancel the session"));
      await one.press("button", "Ställ in träffen", "Cancel the session");
      await one.says("Träffen är inställd.", "The session was cancelled.");
      await looked(one);
      await one.press("button", "Träffen blir av ändå", "The session is held after all");
      await one.says("Träffen är inte längre inställd.", "The session is no longer cancelled.");
      await mend();
      await one.page.selectOption("#reason", "entered_in_error");
      await one.press("button", "Ta bort träffen", "Take the session away");
      await one.says("Träffen är borttagen.", "The session is taken away.");
      await one.open(at);
      assert.equal(await one.page.locator("main tbody tr").count(), 1);
      await one.use(summary(one, "Planera en serie träffar", "Plan a series of sessions"));
      await one.write(one.page.locator("#count"), "3");
      await one.press("button", "Planera", "Plan");
      await one.says("1 dag hade redan en träff och hoppades över.", "1 day had a session already and was skipped.");
      assert.equal(await one.page.locator("main tbody tr, main details ul.rows li").count(), 3);
    });

    story("a child that is added to a group has a place there, and comes back when it was taken out by mistake", async (one) => {
      const name = `Åter ${mark}`;
      const at = await prepared((maker) => post(maker, `${place}/groups/new`, { name, offer: "sputnik/support_group", places: "1" }));
      await one.open(at);
      await one.use(summary(one, "Lägg till ett barn", "Add a child"));
      await one.write(one.page.locator("#identity"), name);
      await one.write(one.page.locator("#label"), "Elsa");
      await looked(one);
      await one.press("button", "Lägg till", "Add");
      await one.says("Barnet är med i gruppen och inskrivet.", "The child is in the group and enrolled.");
      await one.use(one.page.getByRole("button", { name: one.text("Ta bort Elsa", "Remove Elsa") }));
      await one.says("Barnet är inte längre med i gruppen.", "The child is no longer in the group.");
      await looked(one);
      await one.press("button", "Ångra: ta med barnet igen", "Undo: take the child in again");
      await one.says("Barnet är med i gruppen.", "The child is in the group.");
      await one.use(one.page.getByRole("link", { name: "Elsa" }));
      assert.equal(await one.page.getByText(one.text("Barnet har ingen plats just nu.", "The child has no place right now.")).count(), 0);
      await one.press("link", "Skriv in barn", "Enrol a child");
      await one.use(one.page.getByRole("radio", { name: new RegExp(`^${name}`) }));
      await one.press("button", "Fortsätt", "Continue");
      await one.find("heading", "Kontrollera innan du sparar", "Check before you save").waitFor();
      assert.equal(await one.page.getByText(one.text("Gruppen är full", "The group is full")).count(), 0, "it is in the group already");
    });

    story("a card is handed out, and its code is shown once", async (one) => {
      const name = `Kort ${mark}`;
      const at = await prepared(async (maker) => {
        await post(maker, `${place}/programmes/new`, { name, forms: "support_group", organiser: "municipality", target: "substance_abuse", identity: "card", valid_from: "2020-01-01" });
        await maker.open(`${place}/groups/new`);
        const offer = await maker.page.getByRole("radio", { name: new RegExp(`^${name}`) }).getAttribute("value");
        return post(maker, `${place}/groups/new`, { name, offer });
      });
      await one.open(at);
      await one.press("button", "Nytt kort", "New card");
      const code = await one.page.locator("main pre").innerText();
      assert.match(code, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
      await looked(one);
      await one.open(at);
      await one.use(summary(one, "Lägg till ett barn", "Add a child"));
      await one.write(one.page.locator("#identity"), code);
      await one.write(one.page.locator("#label"), "Med kort");
      await one.press("button", "Lägg till", "Add");
      await one.says("Barnet är med i gruppen och inskrivet.", "The child is in the group and enrolled.");
    });
  });
}
