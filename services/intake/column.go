package intake

// column is a column of the import format, or one that is not read.
type column int

const (
	recordIDColumn column = iota
	typeColumn
	sessionColumn
	occurredOnColumn
	childColumn
	programmeColumn
	formColumn
	channelColumn
	outcomeColumn
	reasonColumn
	birthYearColumn
	genderColumn
	roleColumn
	homeColumn
	countColumn
	targetColumn
	columnCount

	ignoredColumn  column = -1 // the caller said that it is not wanted
	namelessColumn column = -2 // has no heading: nothing may stand in it
)

var columnNames = [columnCount]string{
	"record_id", "type", "session", "occurred_on", "child", "programme", "form", "channel", "outcome", "reason",
	"birth_year", "gender", "role", "home_municipality", "count", "target",
}

func (c column) String() string {
	if c < 0 || c >= columnCount {
		return ""
	}
	return columnNames[c]
}
