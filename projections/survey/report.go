package survey

import (
	"math"
	"time"

	"rackvidd/events"
)

// FirstYear is the first year of activity that the survey ever asked about.
const FirstYear events.Year = 2003

// Report is what the municipalities answered about a year, named as in the HTTP contract. Lists are in descending
// order, ties by code. A district's answer is its municipality's: a municipality counts once, and its districts' children
// add up. Where the municipality itself answered whole and gave a number, zero or a band, that is of its districts too,
// and theirs do not add to it; they still make it one that responded, offers support and names forms.
type Report struct {
	Year             events.Year               `json:"year"`
	Position         events.Position           `json:"position" doc:"of the national log, that the report shows"`
	Recorded         time.Time                 `json:"recorded_at,omitzero" required:"false" doc:"when the last of what it shows was recorded; none before anything was"`
	Municipalities   int                       `json:"municipalities"`
	Responded        int                       `json:"responded" doc:"answered, whole or in part, for themselves or by a district"`
	ResponsePercent  *Percent                  `json:"response_percent"`
	Offering         int                       `json:"offering"`
	OfferingPercent  *Percent                  `json:"offering_percent" doc:"of those that responded; null where none did"`
	NotOffering      int                       `json:"not_offering"`
	OffersUnknown    int                       `json:"offers_unknown" doc:"responded, and did not say whether they offer support"`
	Children         int                       `json:"children" doc:"the sum of the released numbers; of a band or an interval the lower bound"`
	ChildrenLower    int                       `json:"children_lower"`
	ChildrenUpper    int                       `json:"children_upper"`
	ChildrenUnknown  int                       `json:"children_unknown" doc:"municipalities that responded and do not know how many, or not of every district"`
	ChildrenWithheld int                       `json:"children_withheld" doc:"municipalities whose number, or a district's, was not released because few children were reached"`
	Bands            int                       `json:"bands" doc:"municipalities of which only a band was released, of themselves or of a district"`
	DistrictsLeftOut int                       `json:"districts_left_out" doc:"municipalities whose own number stands for their districts', which are not added to it"`
	Forms            []Named[events.Form]      `json:"forms" nullable:"false"`
	FormsWithheld    int                       `json:"forms_withheld" doc:"municipalities whose forms were not released because few children were reached"`
	Channels         []Named[events.Channel]   `json:"channels" nullable:"false"`
	ChannelsWithheld int                       `json:"channels_withheld"`
	Measures         []Points                  `json:"measures" nullable:"false"`
	Organisers       []Named[events.Organiser] `json:"organisers" nullable:"false"`
	Coverage         []NationalCoverage        `json:"coverage" nullable:"false"`
	Counties         []County                  `json:"counties" nullable:"false"`
	Previous         *YearFigures              `json:"previous" doc:"the year before; null where nothing was received about it"`
	Years            []YearFigures             `json:"years" nullable:"false" doc:"every year up to this that answers were received about"`
	Answered         []events.Municipality     `json:"answered" nullable:"false"`
	Partial          []events.Municipality     `json:"partial" nullable:"false"`
	NotAnswered      []events.Municipality     `json:"not_answered" nullable:"false" doc:"known not to have answered"`
	NothingReceived  []events.Municipality     `json:"nothing_received" nullable:"false"`
	OfferingIn       []events.Municipality     `json:"offering_in" nullable:"false"`
	NotOfferingIn    []events.Municipality     `json:"not_offering_in" nullable:"false"`
	Public           bool                      `json:"public" doc:"numbers of children are rounded and protected, for publication"`
}

// Named is how many municipalities name a code.
type Named[C ~string] struct {
	Code           C   `json:"code"`
	Municipalities int `json:"municipalities"`
}

// Points is how many points a measure has: one a mention.
type Points struct {
	Code   events.Choice `json:"code"`
	Points int           `json:"points"`
}

// Scope is of which municipalities the children in need are counted.
type Scope string

const (
	AllScope        Scope = "all"
	RespondingScope Scope = "responding"
	OfferingScope   Scope = "offering"
)

// NationalCoverage is the children reached over an estimate of those in need. Of a scope that is not all municipalities the need
// is the country's, by how many of the municipalities are in it, or by how many of the children live there.
type NationalCoverage struct {
	Denominator events.DenominatorID `json:"denominator"`
	Name        string               `json:"name" doc:"in Swedish"`
	English     string               `json:"name_en,omitempty"`
	Source      string               `json:"source"`
	Need        int                  `json:"need"`
	Scope       Scope                `json:"scope" enum:"all,responding,offering"`
	By          string               `json:"by" enum:"municipalities,population" doc:"what the share of the scope is of"`
	ScaledNeed  int                  `json:"scaled_need"`
	Percent     *Percent             `json:"percent" doc:"null where nobody in the scope is in need, to the nearest whole child"`
}

// County is one county's part of the report.
type County struct {
	Code            string `json:"code"`
	Name            string `json:"name"`
	Municipalities  int    `json:"municipalities"`
	Responded       int    `json:"responded"`
	Offering        int    `json:"offering"`
	Children        int    `json:"children"`
	ChildrenLower   int    `json:"children_lower"`
	ChildrenUpper   int    `json:"children_upper"`
	ChildrenUnknown int    `json:"children_unknown" doc:"municipalities that responded and of which a number is missing, whether they do not know it or it was not released"`
	Counties        int    `json:"counties,omitempty" doc:"how many counties are told of together, so that none of them is told of alone"`
}

// YearFigures is one year beside others.
type YearFigures struct {
	Year            events.Year `json:"year"`
	Responded       int         `json:"responded"`
	ResponsePercent *Percent    `json:"response_percent"`
	Offering        int         `json:"offering"`
	Children        int         `json:"children"`
	ChildrenLower   int         `json:"children_lower"`
	ChildrenUpper   int         `json:"children_upper"`
}

// FewChildren is how many children are told exactly at least: fewer, and some, are a band in what is published.
const FewChildren = 5

// Height is a year's children as a chart draws them, and not a number where only a band of few is told.
func (y YearFigures) Height() float64 {
	if y.Children > 0 && y.Children < FewChildren && y.ChildrenLower != y.ChildrenUpper {
		return math.NaN()
	}
	return float64(y.Children)
}
