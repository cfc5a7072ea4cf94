package web

import (
	"net/mail"
	"strings"
)

func (s *site) accessibilityPage() {
	s.mux.HandleFunc("GET /tillganglighet", s.open(func(v *visit) error {
		return v.show("accessibility", sheet{Title: v.text().text("accessibility.title"), D: contactLink(s.Contact)})
	}))
}

// contactLink is where a contact leads to, where it is an e-mail address or a page; "": nowhere.
func contactLink(contact string) string {
	if strings.HasPrefix(contact, "https://") {
		return contact
	}
	if a, err := mail.ParseAddress(contact); err == nil && a.Address == contact {
		return "mailto:" + contact
	}
	return ""
}
