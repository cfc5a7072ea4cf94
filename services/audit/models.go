package audit

import (
	"context"

	"rackvidd/events"
	"rackvidd/services/integrity"
)

// OfModels is what an error of a rebuild tells of the read models in use: of several at once, what each does.
func OfModels(m events.Municipality, err error) (list []integrity.Finding) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			list = append(list, OfModels(m, one)...)
		}
		return list
	}
	if f := damageOf(err); f.Code != "" {
		f.Municipality = m
		list = append(list, f)
	}
	return list
}

// VerifyModels compares the read models in use alone, after others were put in use: what stood of those before stands no more.
func (s *Service) VerifyModels(ctx context.Context, m events.Municipality) error {
	release, err := s.turns.Take(ctx, m)
	if err != nil {
		return err
	}
	defer release()
	stood := s.Findings.Of(m)
	v := Verification{Municipality: m, damaged: make(map[string]bool), checked: []string{integrity.TheReadModel}}
	if err := v.tables(ctx, s.Copies, unheard(func() {})); err != nil {
		return err
	}
	v.counted()
	s.settle(v, stood)
	return nil
}
