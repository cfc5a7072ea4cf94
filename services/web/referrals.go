package web

import "rackvidd/services/access"

func (s *site) referralPages() {
	referring := placing{
		name: "referral", path: "referrals", day: "received_on", needs: []string{"channel", "received_on"},
		body: func(f *form) map[string]any {
			return f.given(map[string]any{"channel": f.Get("channel"), "received_on": f.Get("received_on")})
		},
		fields: map[string]string{"body.programme": "offer", "body.form": "offer", "body.child": "identity"},
	}
	s.page("GET /municipalities/{code}/referrals/new", access.WriteReferrals, func(v *visit) error { return v.begin(referring) })
	s.page("POST /municipalities/{code}/referrals/new", access.WriteReferrals, func(v *visit) error { return v.place(referring) })
}
