package register_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

func TestThePlacesAndReferralsThatAreListedAreThoseThatAreCounted(t *testing.T) {
	pool := projectiontest.Pool(t)
	idle, open := 0, 0
	for seed := range uint64(15) {
		s := projectiontest.Invent(t, örebro, 300+seed, 80)
		at := uint64(len(s.Messages()))
		projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
			for _, to := range []events.Day{events.Date(2021, 11, 1), events.Date(2022, 8, 1)} {
				asked := register.Asked{From: events.Date(2021, 1, 1), To: to, Today: to}
				f := review(t, tx, asked, at)
				places, err := register.IdlePlaces(t.Context(), tx, asked, at)
				if err != nil {
					t.Fatal(err)
				}
				referrals, err := register.OpenReferrals(t.Context(), tx, asked, at)
				if err != nil {
					t.Fatal(err)
				}
				if len(places) != f.Places.Idle || len(referrals) != f.Referrals.Open {
					t.Errorf("seed %d until %s: %d places and %d referrals are listed of %d and %d", seed, to, len(places), len(referrals), f.Places.Idle, f.Referrals.Open)
				}
				for _, one := range places {
					if one.Form == "" || one.Programme == "" || one.From == 0 || one.Child.IsZero() {
						t.Errorf("seed %d: not a place: %+v", seed, one)
					}
				}
				idle, open = idle+len(places), open+len(referrals)
			}
		})
	}
	if idle == 0 || open == 0 {
		t.Errorf("%d places and %d referrals are too few to tell", idle, open)
	}
}

func TestAnEntryIsOfTheChildThatItCountsAsAndSaysWhereNobodyCanTellWhoThatIs(t *testing.T) {
	s := told(t,
		events.ReferralReceived{Referral: entry(anna, 1), Channel: "school", ReceivedOn: day(3)},
		events.ReferralReceived{Referral: entry(bo, 1), Channel: events.UnknownChannel, ReceivedOn: day(2)},
		events.CaseMerged{Merge: entry(anna, 2), Into: bo},
	)
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		list, err := register.OpenReferrals(t.Context(), tx, march, 3)
		if err != nil || len(list) != 2 || list[0].Channel != events.UnknownChannel || list[0].Child != bo || list[1].Child != bo || list[1].Erased {
			t.Errorf("%+v, %v", list, err)
		}
	})
	s.Happens(events.CaseOf(bo), events.IdentityErased{Child: bo})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for at, erased := range map[events.Position]bool{3: false, 4: true} {
			if list, err := register.OpenReferrals(t.Context(), tx, march, at); err != nil || len(list) != 2 || list[0].Erased != erased {
				t.Errorf("at %d: %+v, %v", at, list, err)
			}
		}
	})
}

func TestAnEntryIsOfAChildNobodyCanTellWhereARecordThatCountsAsItWasErased(t *testing.T) {
	s := told(t,
		events.ReferralReceived{Referral: entry(anna, 1), Channel: "school", ReceivedOn: day(3)},
		events.ReferralReceived{Referral: entry(cilla, 1), Channel: "school", ReceivedOn: day(4)},
		events.CaseMerged{Merge: entry(anna, 2), Into: bo},
	)
	s.Happens(events.CaseOf(anna), events.IdentityErased{Child: anna})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for at, erased := range map[events.Position]bool{3: false, 4: true} {
			list, err := register.OpenReferrals(t.Context(), tx, march, at)
			if err != nil || len(list) != 2 || list[0].Child != bo || list[0].Erased != erased || list[1].Erased {
				t.Errorf("at %d: %+v, %v", at, list, err)
			}
		}
	})
}
