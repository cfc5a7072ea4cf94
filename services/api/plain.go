package api

import (
	"encoding/json"
	"maps"
	"net/http"
)

// problemsOf answers what no route serves as a problem too.
func problemsOf(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, pattern := mux.Handler(r); pattern == "" {
			answerNone(h, w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// answerNone asks the mux's own handler whether there is no such path, or another method for it.
func answerNone(h http.Handler, w http.ResponseWriter, r *http.Request) {
	probe := &probed{header: http.Header{}}
	h.ServeHTTP(probe, r)
	maps.Copy(w.Header(), probe.header)
	if probe.status == http.StatusMethodNotAllowed {
		writeProblem(w, r, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "this path takes other methods; see Allow"))
		return
	}
	writeProblem(w, r, newProblem(http.StatusNotFound, "unknown_path", "there is nothing at this path; see "+base+"/openapi.json"))
}

type probed struct {
	header http.Header
	status int
}

func (p *probed) Header() http.Header         { return p.header }
func (p *probed) Write(b []byte) (int, error) { return len(b), nil }
func (p *probed) WriteHeader(status int)      { p.status = status }

func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.Instance = seenIn(r.Context()).instance()
	h := w.Header()
	maps.Copy(h, p.GetHeaders())
	h.Del("Content-Length")
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller has gone
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone
}
