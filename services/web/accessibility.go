package web

func (s *site) accessibilityPage() {
	s.mux.HandleFunc("GET /tillganglighet", s.open(func(v *visit) error {
		return v.show("accessibility", sheet{Title: v.text().text("accessibility.title")})
	}))
}
