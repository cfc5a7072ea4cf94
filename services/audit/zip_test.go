package audit

import (
	"bytes"
	"testing"
)

// pieces is how many bytes were written, and how many of them at once at most.
type pieces struct{ all, most int }

func (p *pieces) Write(data []byte) (int, error) {
	p.all += len(data)
	p.most = max(p.most, len(data))
	return len(data), nil
}

func TestALongFileOfABundleIsWrittenInPiecesToWhoeverTakesThemSlowly(t *testing.T) {
	files := []file{{name: "long", data: bytes.Repeat([]byte("a"), 1<<20)}}
	var p pieces
	if err := writeZip(&p, files); err != nil || int64(p.all) != zipSize(files) || p.most > 1<<16 {
		t.Errorf("%d bytes, of %d, at most %d at once: %v", p.all, zipSize(files), p.most, err)
	}
}
