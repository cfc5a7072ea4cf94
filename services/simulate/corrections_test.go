package simulate

import (
	"encoding/csv"
	"io"

	"rackvidd/events"
)

// CorrectedExample writes records of the example year as they should have been, for import with --update.
func CorrectedExample(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	out.Write(headings)
	done := make(map[string]int)
	for _, row := range rows[1:] {
		kind := row[columnType]
		switch {
		case row[columnCount] != "":
			kind = "counted"
		case kind == "session_attended" && row[columnForm] != string(events.SupportGroup):
			continue
		}
		if done[kind]++; done[kind] == 12 || kind == "counted" && done[kind] == 7 {
			if corrected := corrected(kind, row); corrected != nil {
				out.Write(corrected)
			}
		}
	}
	out.Flush()
	return out.Error()
}

const (
	columnType, columnDay, columnChild, columnForm          = 1, 3, 4, 6
	columnChannel, columnOutcome, columnReason, columnCount = 7, 8, 9, 14
)

// corrected is the row with what was wrong in it put right.
func corrected(kind string, row []string) []string {
	row = append([]string{}, row...)
	switch kind {
	case "referral_received":
		row[columnChannel] = "health_care"
	case "referral_closed":
		row[columnOutcome] = "redirected"
	case "child_enrolled":
		day, _ := events.ParseDay(row[columnDay])
		row[columnDay] = (day - 1).String()
	case "enrolment_ended":
		row[columnReason] = "transferred"
	case "session_attended":
		row[columnChild] = "b-900" // was taken for another child, who is known only from here
	case "counted":
		row[columnCount] = "4"
	default:
		return nil
	}
	return row
}
