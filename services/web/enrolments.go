package web

import "rackvidd/services/access"

func (s *site) enrolmentPages() {
	enrolling := placing{
		name: "enrolment", path: "enrolments", day: "enrolled_on", needs: []string{"offer", "enrolled_on"},
		body: func(f *form) map[string]any {
			body := f.given(map[string]any{"enrolled_on": f.Get("enrolled_on")})
			for _, optional := range []string{"target", "home_municipality"} {
				if value := f.Get(optional); value != "" {
					body[optional] = value
				}
			}
			return body
		},
		fields: map[string]string{"body.programme": "offer", "body.form": "offer", "body.child": "identity"},
	}
	s.page("GET /municipalities/{code}/enrolments/new", access.WriteEnrolments, func(v *visit) error { return v.begin(enrolling) })
	s.page("POST /municipalities/{code}/enrolments/new", access.WriteEnrolments, func(v *visit) error { return v.place(enrolling) })
}
