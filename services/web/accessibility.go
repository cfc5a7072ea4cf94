package web

import (
	"net/mail"
	"net/url"
	"strings"
)

func (s *site) accessibilityPage() {
	s.mux.HandleFunc("GET /tillganglighet", s.open(func(v *visit) error {
		l := v.text()
		return v.show("accessibility", sheet{Title: l.text("accessibility.title"), D: contactLink(s.Contact, l.text("accessibility.subject"), l.text("accessibility.body"))})
	}))
}

// contactLink is where a contact leads to, where it is an e-mail address or a page; "": nowhere. A letter begins with what there
// is to say.
func contactLink(contact, subject, body string) string {
	if strings.HasPrefix(contact, "https://") {
		return contact
	}
	if a, err := mail.ParseAddress(contact); err == nil && a.Address == contact {
		letter := url.Values{"subject": {subject}, "body": {strings.ReplaceAll(body, "\n", "\r\n")}}
		return "mailto:" + contact + "?" + strings.ReplaceAll(letter.Encode(), "+", "%20") // RFC 6068 knows no + for a space
	}
	return ""
}
