package web

import (
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestTheAccessibilityStatementSaysWhomToTell(t *testing.T) {
	for contact, said := range map[string]string{
		"":                            "Säg till den som ansvarar för systemet i din kommun.",
		"stod@example.org":            `<a href="mailto:stod@example.org?body=Sidan%3A%0D%0A%0D%0AVad%20jag%20ville%20g%C3%B6ra`,
		"https://example.org/kontakt": `<a href="https://example.org/kontakt" rel="noreferrer">https://example.org/kontakt</a>`,
		"växeln, 019-000 00 00":       "<strong>växeln, 019-000 00 00</strong>",
		"javascript:alert(1)":         "<strong>javascript:alert(1)</strong>",
	} {
		s := testSite(t)
		s.Contact = contact
		page := ask(s.handler(), "GET", "/tillganglighet", "").Body.String()
		if !strings.Contains(page, said) {
			t.Errorf("%q: the page does not say %s", contact, said)
		}
		saysAll(t, page, "vad du ville göra, och vad som hände i stället", "Skriv aldrig något om ett barn.")
		if contact != "" && strings.Contains(page, "Säg till den som ansvarar") {
			t.Errorf("%q: the page says both", contact)
		}
	}
}

func TestAnInventedInstallationSaysSoOnEveryPage(t *testing.T) {
	for _, invented := range []bool{true, false} {
		s := testSite(t)
		s.Invented = invented
		for _, path := range []string{"/login", "/tillganglighet", "/nothing", "/municipalities/1880/", "/municipalities/1880/groups"} {
			page := ask(s.handler(), "GET", path, access.Coordinator).Body.String()
			if strings.Contains(page, "TESTLÄGE</strong> Alla uppgifter här är påhittade.") != invented {
				t.Errorf("%s: whether it says that all is invented is not %v", path, invented)
			}
		}
	}
}
