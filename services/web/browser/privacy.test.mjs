// What somebody who answers for data protection does: tells what is stored about a child, erases who it is, and sees who has read.
import { after } from "node:test";
import assert from "node:assert/strict";
import { browser, place, site, teller, ways } from "./site.mjs";

after(() => browser.close());

for (const [i, way] of ways.entries()) {
  teller(way, "demo")(`a child is disclosed and erased, and whoever looked stands in the read log: ${way.name}`, async (one) => {
    const identity = `to-be-erased-${i}`;
    await one.open(`${place}/referrals/new`);
    await one.use(one.find("radio", "Skolan", "School"));
    await one.write(one.page.locator("#identity"), identity);
    await one.write(one.page.locator("#label"), "Lo");
    await one.press("button", "Fortsätt", "Continue");
    await one.press("button", "Spara remissen", "Save the referral");
    await one.says("Remissen är sparad.", "The referral is saved.");

    await one.open(`${place}/privacy`);
    await one.fits();
    await one.press("button", "Visa vad som är lagrat", "Show what is stored");
    await one.says("Något behöver rättas", "Something needs to be put right");
    await one.write(one.page.locator("#identity"), "nobody-of-that-name");
    await one.press("button", "Visa vad som är lagrat", "Show what is stored");
    await one.find("heading", "Ingenting är lagrat", "Nothing is stored").waitFor();
    await one.press("link", "Sök igen", "Look again");
    await one.write(one.page.locator("#identity"), identity);
    await one.press("button", "Visa vad som är lagrat", "Show what is stored");
    await one.find("heading", "Vad som är lagrat om ett barn", "What is stored about a child").waitFor();
    assert.ok(!one.page.url().includes(identity), "an identity stands in the address");
    assert.match(await one.page.locator("main").innerText(), /Lo\b/);
    await one.fits();
    const child = one.page.url().replace(site, "").split("/")[4];

    await one.use(one.page.getByRole("link", { name: one.text("Visa läsloggen för barnet", "Show the child's read log") }));
    await one.page.getByRole("cell", { name: one.text("Läste allt som är lagrat", "Read everything that is stored") }).first().waitFor();
    assert.ok((await one.page.locator("tbody tr").count()) >= 3);
    await one.fits();

    await one.open(`${place}/children/${child}/disclosure`);
    for (const [sv, en, said, told] of [
      ["Märk som skyddad", "Mark as protected", "Barnets identitet är skyddad.", "The child's identity is protected."],
      ["Ta bort skyddet", "Take the protection away", "Kommunens märkning är borttagen.", "The municipality's mark is taken away."],
    ]) {
      const summary = one.page.locator("summary", { hasText: one.text(sv, en) });
      await one.use(summary);
      await one.fits();
      await one.press("button", sv, en);
      await one.says(said, told);
    }
    await one.press("link", "Radera vem barnet är", "Erase who the child is");
    await one.fits();
    await one.press("button", "Radera för gott", "Erase for good");
    await one.says("Bekräfta först att barnet ska raderas.", "First confirm that the child is to be erased.");
    await one.use(one.page.locator("#sure input"));
    await one.press("button", "Radera för gott", "Erase for good");
    await one.says("Raderingen är genomförd.", "The erasure was carried out.");
    await one.find("heading", "Kvitto på en radering", "Receipt of an erasure").waitFor();
    await one.fits();

    await one.open(`${place}/children/${child}/disclosure`);
    await one.find("heading", "Ingenting är lagrat", "Nothing is stored").waitFor();
    await one.open(`${place}/erasures`);
    assert.equal(await one.page.locator("tbody a", { hasText: child }).count(), 1);
    await one.fits();
    await one.press("link", "Gallring", "Retention period");
    await one.find("heading", "Gallring", "Retention period").waitFor();
    await one.page.locator("#years").selectOption(String(5 + i));
    await one.press("button", "Se vem det gäller", "See whom it concerns");
    await one.find("heading", `Vem det gäller: ${5 + i} hela år`, `Whom it concerns: ${5 + i} whole years`).waitFor();
    await one.says("Inget barn ställs på listan.", "No child is listed.");
    await one.fits();
    assert.equal(await one.page.locator("#years").inputValue(), String(5 + i));
    await one.press("button", "Besluta", "Decide");
    await one.says("Beslutet är sparat.", "The decision is saved.");
    await one.says(`registrerats om det på ${5 + i} hela år.`, `recorded of it for ${5 + i} whole years.`);
    await one.says("Inget barn ska raderas nu.", "No child is to be erased now.");
    await one.fits();
    await one.open(`${place}/reads?child=${child}&why=disclosed`);
    assert.ok((await one.page.locator("tbody tr").count()) >= 1, "the read log does not outlive the child");
    await one.open(`${place}/reads?from=yesterday`);
    await one.says("Något behöver rättas", "Something needs to be put right");
  });
}
