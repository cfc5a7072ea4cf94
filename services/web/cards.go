package web

import (
	"net/http"

	"rackvidd/services/access"
)

func (s *site) cardPages() {
	s.page("POST /municipalities/{code}/programmes/{programme}/card", access.EnterChildren, (*visit).newCard)
}

// newCard shows the code of a card to hand out. It is kept nowhere, so it is shown here and never again.
func (v *visit) newCard() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	var made struct {
		Card string `json:"card"`
	}
	if v.Turned && f.Has("shown") {
		return v.showCard(f.Get("shown"))
	}
	path := v.in("cards")
	if err := v.ask(call{method: http.MethodPost, path: path, body: map[string]any{"programme": v.At("programme")}, key: f.key(path)}, &made); err != nil {
		if err := f.refused(err, map[string]string{"body.programme": ""}); err != nil {
			return err
		}
		return v.showGroups(f)
	}
	return v.showCard(made.Card)
}

func (v *visit) showCard(code string) error {
	l := v.text()
	return v.show("card", sheet{
		Title: l.text("card.title"), Crumbs: []crumb{{v.Home("groups"), l.text("groups.title")}}, Form: v.newForm("shown", code), Once: true,
		D: map[string]string{"Code": code, "Programme": v.At("programme")},
	})
}
