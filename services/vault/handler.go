package vault

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
)

const mountedAt = "/vault/v1/"

// largest body; 4,000 rows of an import are about 1 MB.
const bodyLimit = 64 << 20

// Handler serves a vault under /vault/v1/ to those who know the credential. It writes no body to the log and echoes
// nothing of a question in an error.
func Handler(v Service, credential string) http.Handler {
	mux := http.NewServeMux()
	for name, call := range calls(v) {
		mux.Handle("POST "+mountedAt+name, callHandler{name, call, logOf(v)})
	}
	return guarded(mux, credential)
}

func logOf(v Service) *slog.Logger {
	if v, ok := v.(*Vault); ok {
		return v.log
	}
	return slog.New(slog.DiscardHandler)
}

func guarded(next http.Handler, credential string) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + credential))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if credential == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			refuse(w, http.StatusUnauthorized, "unauthorized")
			return
		}
		next.ServeHTTP(w, r)
	})
}

type call func(context.Context, question) (answer, error)

type callHandler struct {
	name string
	call call
	log  *slog.Logger
}

func (h callHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit)).Decode(&q); err != nil || !q.named() {
		refuse(w, http.StatusBadRequest, "unreadable")
		return
	}
	a, err := h.call(r.Context(), q)
	if err != nil {
		h.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a) // the caller has gone
}

func (h callHandler) refuse(w http.ResponseWriter, err error) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			if r.logged {
				h.log.Error("vault call refused", "call", h.name, "code", r.code, "err", err)
			}
			refuse(w, r.status, r.code)
			return
		}
	}
	h.log.Error("vault call failed", "call", h.name, "err", err)
	refuse(w, http.StatusInternalServerError, "internal")
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(refusal{code}) // the caller has gone
}

// calls is every method of the service by its name on the wire.
func calls(v Service) map[string]call {
	done := func(err error) (answer, error) { return answer{}, err }
	return map[string]call{
		"tokens": func(ctx context.Context, q question) (answer, error) {
			persons, err := v.Tokens(ctx, q.Municipality, q.Identities, q.Today)
			return answer{Persons: persons}, err
		},
		"lookup": func(ctx context.Context, q question) (answer, error) {
			persons, known, err := v.Lookup(ctx, q.Municipality, q.Identities, q.Today)
			return answer{Persons: persons, Known: known}, err
		},
		"enter": func(ctx context.Context, q question) (answer, error) {
			if len(q.Identities) != 1 {
				return answer{}, ErrNoIdentity
			}
			p, err := v.Enter(ctx, q.Municipality, q.Identities[0], q.Account, q.Today)
			return answer{Persons: []Person{p}}, err
		},
		"known": func(ctx context.Context, q question) (answer, error) {
			known, err := v.Known(ctx, q.Municipality, q.Tokens)
			return answer{Persons: slices.Collect(maps.Values(known))}, err
		},
		"home-tokens": func(ctx context.Context, q question) (answer, error) {
			homes, err := v.HomeTokens(ctx, q.Municipality, q.Tokens, q.Home)
			return answer{Homes: homes}, err
		},
		"home-lookup": func(ctx context.Context, q question) (answer, error) {
			homes, err := v.LookupHome(ctx, q.Municipality, q.Tokens, q.Home)
			return answer{Homes: homes}, err
		},
		"set-label": func(ctx context.Context, q question) (answer, error) {
			if q.Label == nil {
				return answer{}, ErrLabel
			}
			return done(v.SetLabel(ctx, q.Municipality, q.Token, *q.Label, q.Over))
		},
		"labels": func(ctx context.Context, q question) (answer, error) {
			labels, err := v.Labels(ctx, q.Municipality, q.Tokens)
			return answer{Labels: labels}, err
		},
		"protect": func(ctx context.Context, q question) (answer, error) {
			return done(v.Protect(ctx, q.Municipality, q.Token, q.Account, q.Protected))
		},
		"protected": func(ctx context.Context, q question) (answer, error) {
			flags, err := v.Protected(ctx, q.Municipality, q.Tokens)
			return answer{Flags: flags}, err
		},
		"erase": func(ctx context.Context, q question) (answer, error) {
			return done(v.Erase(ctx, q.Municipality, q.Token))
		},
		"give-up": func(ctx context.Context, q question) (answer, error) {
			return done(v.GiveUp(ctx, q.Municipality, q.Tokens))
		},
		"erased": func(ctx context.Context, q question) (answer, error) {
			yes, err := v.Erased(ctx, q.Municipality, q.Token)
			return answer{Yes: yes}, err
		},
		"kept": func(ctx context.Context, q question) (answer, error) {
			kept, err := v.Kept(ctx, q.Municipality, q.At)
			return answer{Kept: kept}, err
		},
		"listed": func(ctx context.Context, q question) (answer, error) {
			at, err := v.Listed(ctx, q.Municipality, q.Token, q.At)
			return answer{At: at}, err
		},
		"listings": func(ctx context.Context, q question) (answer, error) {
			list, err := v.Listings(ctx, q.Municipality, q.At)
			return answer{Listings: list}, err
		},
		"list": func(ctx context.Context, q question) (answer, error) {
			return done(v.List(ctx, q.Municipality, q.Tokens, q.At))
		},
		"disclose": func(ctx context.Context, q question) (answer, error) {
			d, err := v.Disclose(ctx, q.Municipality, q.Token, q.Account)
			return answer{Disclosure: &d}, err
		},
		"note-read": func(ctx context.Context, q question) (answer, error) {
			return done(v.NoteRead(ctx, q.Municipality, q.Token, q.Account, q.Why))
		},
		"note-reads": func(ctx context.Context, q question) (answer, error) {
			return done(v.NoteReads(ctx, q.Municipality, q.Tokens, q.Account, q.Why))
		},
		"reads": func(ctx context.Context, q question) (answer, error) {
			if q.Reads == nil {
				return answer{}, errors.New("a look at the read log without a question")
			}
			reads, err := v.Reads(ctx, q.Municipality, *q.Reads)
			return answer{Reads: reads}, err
		},
		"erasures": func(ctx context.Context, q question) (answer, error) {
			erasures, err := v.Erasures(ctx, q.Municipality)
			return answer{Erasures: erasures}, err
		},
		"keyed": func(ctx context.Context, q question) (answer, error) {
			key, err := v.Keyed(ctx, q.Purpose, stringsOf(q.Words)...)
			return answer{IDs: idsOf([][16]byte{key})}, err
		},
		"record-keys": func(ctx context.Context, q question) (answer, error) {
			records, err := v.RecordKeys(ctx, q.Municipality, q.Source, q.Records)
			return answer{Records: records}, err
		},
		"session-keys": func(ctx context.Context, q question) (answer, error) {
			ids, err := v.SessionKeys(ctx, q.Municipality, q.Source, stringsOf(q.Words))
			return answer{IDs: ids}, err
		},
		"recorded": func(ctx context.Context, q question) (answer, error) {
			facts, err := v.Recorded(ctx, q.Municipality, uuids(q.Tokens))
			return answer{Facts: factsToWire(facts)}, err
		},
		"remember": func(ctx context.Context, q question) (answer, error) {
			return done(v.Remember(ctx, q.Municipality, factsFromWire(q.Facts), q.Position))
		},
		"forget-log": func(ctx context.Context, q question) (answer, error) {
			return done(v.ForgetLog(ctx, q.Municipality))
		},
		"records-position": func(ctx context.Context, q question) (answer, error) {
			position, err := v.RecordsPosition(ctx, q.Municipality)
			return answer{Position: position}, err
		},
		"claim": func(ctx context.Context, q question) (answer, error) {
			if q.Request == nil {
				return answer{}, errors.New("a claim without a request")
			}
			claimed, err := v.Claim(ctx, q.Municipality, q.Account, *q.Request)
			return answer{Claimed: &claimed}, err
		},
		"keep-answer": func(ctx context.Context, q question) (answer, error) {
			if q.Request == nil {
				return answer{}, errors.New("an answer without a request")
			}
			kept, err := v.KeepAnswer(ctx, q.Municipality, q.Account, q.Request.Key, q.Token, q.Answer)
			return answer{Answer: kept}, err
		},
		"forget-requests": func(ctx context.Context, q question) (answer, error) {
			return done(v.ForgetRequests(ctx, q.Before))
		},
	}
}
