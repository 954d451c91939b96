using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Statistics;

namespace SafetyAudit.Reports;

/// <summary>
/// A compliance pack as it is read: sections, tables, pictures and the words between them. Written with the invariant culture, so that the same figures make the same text on every machine.
/// </summary>
public sealed class PackDocument
{
    readonly CompliancePack pack;
    readonly bool isPublic;

    // What may be shown of each measure in each clinic, and of its sum over the clinics; all of it unless the report is for the public.
    readonly HashSet<(string Measure, string Clinic)> hidden = [];
    const string Sum = "";

    PackDocument(CompliancePack pack)
    {
        (this.pack, isPublic) = (pack, pack.Question.Audience == Audience.Public);
        if (!isPublic) return;
        foreach (var measure in Shown(pack.ClinicRates).GroupBy(r => r.Measure.Code))
        {
            var rows = measure.ToList();
            bool[] hide = SmallNumbers.Hide(rows.ConvertAll(r => r.Observed), sumMayHide: true);
            for (int i = 0; i < rows.Count; i++) if (hide[i]) hidden.Add((measure.Key, rows[i].ClinicId));
            if (hide[^1]) hidden.Add((measure.Key, Sum));
        }
    }

    /// <summary>Tables in which a sum over clinics stands in a column of its own.</summary>
    public const string EventsTable = "events";

    /// <param name="pack">The figures.</param>
    /// <param name="programVersion">Of the program that writes it.</param>
    public static ReportDocument Of(CompliancePack pack, string programVersion) => Invariantly(() => new PackDocument(pack).Write(programVersion));

    // Pictures write their labels in the culture of whoever draws them.
    internal static ReportDocument Invariantly(Func<ReportDocument> write)
    {
        var (culture, language) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (CultureInfo.InvariantCulture, CultureInfo.InvariantCulture);
        try { return write(); }
        finally { (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, language); }
    }

    ReportDocument Write(string programVersion)
    {
        var question = pack.Question;
        List<ReportSection> sections =
        [
            new("Summary", [.. Summary()]),
            new("Measures", [.. Measured()]),
            new("Practitioners beside colleagues", [.. Practitioners()]),
            new("Protocol adherence", [.. Adherence()]),
            new("Reviews and actions", [.. Reviews()]),
            new("Follow-up and ascertainment", [.. FollowUp()]),
            new("Restatements since the last report", [.. Restated()]),
            new("False alarms and detectability", [.. Detectable()]),
            new("Data quality", [.. Quality()]),
            new("Definitions and baselines", [.. Definitions()]),
            new("Methods and limits of use", [.. Methods()]),
        ];
        return new("Safety of dry needling: compliance report", $"{PeriodInWords(question.Period)} · {For(question.Audience)}",
        [
            ("Period", Say($"{question.Period.Name}: {Day(question.Period.From)} to {Day(question.Period.To)}, by the date of the session")),
            ("Audience", For(question.Audience)),
            ("Clinics", pack.Clinics.Count == 0 ? "none with sessions in the period" : string.Join(", ", pack.Clinics.Select(c => c.Name == c.Id ? c.Id : $"{c.Name} ({c.Id})"))),
            ("Records as known at", Instant(question.AsKnownUtc)),
            ("Program", Say($"SafetyAudit {programVersion}, protocol rules {Rules.Version:x8}")),
        ], [.. sections.Where(s => s.Blocks.Count > 0)], FirstPageApart: true);
    }

    // --- the board's page ------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Summary()
    {
        long sessions = pack.Counts.Sum(c => c.Sessions), reached = pack.Counts.Sum(c => c.Reached);
        yield return new Paragraph(Say($"{Count(sessions, "completed session")} at {Count(pack.Clinics.Count, "clinic")}") + (isPublic ? "." : Say($", given by {Count(pack.Counts.Select(c => c.PractitionerId).Distinct().Count(), "practitioner")}."))
            + (sessions > 0 && pack.Clinics.All(c => ShowsReached(CountsOf(c.Id))) ? Say($" After {Share((double)reached / sessions)} of them the patient was asked how they fared and answered.") : "")
            + " An event counts on the day of its session, whenever it was reported. “Not seen” is not “safe”: a low figure may mean that events are not written down.");
        yield return new ReportTable("summary", "Each clinic in the period",
        [
            new("clinic_id", "Clinic", CellKind.Text), new("sessions", "Sessions", CellKind.Count), new("reached_share", "Reached afterwards", CellKind.Share), new("follow_up_grade", "Follow-up grade", CellKind.Text),
            new("measures_above", "Measures above the 99.8 % limit", CellKind.Count), new("measures_below", "below it", CellKind.Count), new("measures_assessed", "assessed", CellKind.Count),
            new("critical_rules_failed", "Critical rules not kept at least once", CellKind.Count), new("reviews_open", "Reviews open", CellKind.Count), new("provisional_sessions", "Sessions still provisional", CellKind.Count),
        ], 1, [.. pack.Clinics.Select(c => SummaryRow(c.Id))]);
        if (isPublic) { yield return new Paragraph(SmallNumbers.Rule); }
        else
        {
            long sentinel = pack.ClinicRates.Where(r => r.Measure.IsSentinel).Sum(r => r.Observed), serious = pack.ClinicRates.Where(r => r.Measure.Code == Measure.AnySerious).Sum(r => r.Observed);
            yield return new Paragraph(Say($"Sentinel events: {sentinel}. Sessions with an event that was serious by its report: {serious}. One such event is one review, always; none is smoothed away or hidden by limits."), IsPoint: true);
            foreach (var row in pack.ClinicRates.Where(r => r.Position is Position.Above998 or Position.Below998)) yield return new Paragraph(StandsOut(row, pack.ClinicName(row.ClinicId), $"{row.Baseline!.Source}"), IsPoint: true);
            foreach (var group in pack.PractitionerRates.Where(r => r.Position is Position.Above998 or Position.Below998).GroupBy(r => r.Measure.Name))
                yield return new Paragraph($"{group.Key}, beside colleagues: {string.Join(" and ", Beyond(group))}.", IsPoint: true);
        }
        yield return new Paragraph(Say($"{pack.ClinicRates.Concat(pack.PractitionerRates).Count(r => r.Predicted is not null)} comparisons were made. {pack.ExpectedFalseAlarms:0.0} of them are to be expected beyond a 99.8 % limit by chance alone, were nothing wrong anywhere."), IsPoint: true);
        if (pack.Cases.Count > 0 && !isPublic) yield return new Paragraph(Say($"Reviews about the period: {pack.Cases.Count}, of which {pack.Cases.Count(c => c.Decided is not null)} are decided."), IsPoint: true);
        if (pack.Quality.Clinics.Sum(q => q.Linked.Of - q.Linked.Met) is > 0 and var waiting && !isPublic) yield return new Paragraph(Say($"{Count(waiting, "event")} of the period wait for their session and are in no rate yet."), IsPoint: true);
        if (pack.Quality.Unplaced is { } unplaced && unplaced.Events + unplaced.FollowUps > 0 && !isPublic)
            yield return new Paragraph(Say($"{Count(unplaced.Events, "event")} and {Count(unplaced.FollowUps, "follow-up")} of the period name no clinic and wait for their session: they are in no rate and in no row."), IsPoint: true);
        if (Overdispersed() is { } wide) yield return new Paragraph(wide, IsPoint: true);
    }

    object?[] SummaryRow(string clinic)
    {
        var rates = Shown(pack.ClinicRates).Where(r => r.ClinicId == clinic && !IsHidden(r)).ToList();
        var counts = CountsOf(clinic);
        long sessions = counts.Sum(c => c.Sessions), reached = counts.Sum(c => c.Reached);
        bool mayShow = ShowsReached(counts);
        int failed = pack.Adherence.Count(a => a.ClinicId == clinic && a.Rule.Severity == RuleSeverity.Critical && a.Adherence.Fail > 0);
        var reviews = ReviewsOf(clinic);
        return
        [
            clinic, sessions, !mayShow ? Suppressed.Cell : sessions > 0 ? (double)reached / sessions : null, mayShow ? Analysis.Counts.Grade(reached, sessions).ToString() : Suppressed.Cell,
            (long)rates.Count(r => r.Position == Position.Above998), (long)rates.Count(r => r.Position == Position.Below998), (long)rates.Count(r => r.Position != Position.NotAssessed),
            (long)failed, reviews[1], pack.Provisional.GetValueOrDefault(clinic),
        ];
    }

    static IEnumerable<string> Beyond(IEnumerable<RateRow> rows)
    {
        if (rows.Count(r => r.Position == Position.Above998) is > 0 and var above) yield return $"{Count(above, "practitioner")} above the upper 99.8 % limit";
        if (rows.Count(r => r.Position == Position.Below998) is > 0 and var below) yield return $"{Count(below, "practitioner")} below the lower one, where the records are to be checked first";
    }

    static string StandsOut(RateRow row, string who, string source) =>
        Say($"{row.Measure.Name}, {who}: {row.Observed:N0} recorded where {source} leads to expect {Figures.Number(row.Expected!.Value, Figures.Kept)} (99.8 % limits {row.Limits!.Value.Lower998:N0} to {row.Limits.Value.Upper998:N0}). ")
        + (row.Position == Position.Below998 ? "Fewer than expected: check the records first." : "Published rates differ several-fold between settings: a question about recording and practice as a whole.");

    string? Overdispersed() => isPublic || pack.PractitionerRates.Count == 0 || pack.PractitionerRates.Any(r => r.Position is Position.Above998 or Position.Below998) ? null
        : "No practitioner lies beyond the 99.8 % limits beside colleagues. What could have been seen at all stands under “False alarms and detectability”.";

    // --- measures --------------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Measured()
    {
        yield return new Paragraph("Observed beside what the published baseline of each measure leads to expect, with 95 % mid-P Poisson intervals. Limits hold for the observed count at that exposure, the baseline’s own uncertainty included. "
            + "A published rate is no target: rates of one event differ several-fold between settings and ways of asking.");
        var byMeasure = Shown(pack.ClinicRates).GroupBy(r => r.Measure.Code).Select(g => g.ToList()).ToList();
        if (pack.Clinics.Count > 1) yield return Events(byMeasure);
        yield return new ReportTable("measures", "Observed and expected, clinic by clinic: measures of which something was recorded", RateColumns(("clinic_id", "Clinic")), 2, [.. byMeasure.SelectMany(m => m).Where(r => r.Observed > 0).Select(r => RateRowOf(r, r.ClinicId))]);
        yield return new ReportTable("nothing_seen", "Measures of which nothing was recorded: what nothing still allows",
        [
            new("clinic_id", "Clinic", CellKind.Text), new("measure", "Code", CellKind.Text, OnPaper: false), new("name", "Measure", CellKind.Text), new("sessions", "Sessions at risk", CellKind.Count), new("expected", "Expected", CellKind.Number),
            new("upper_rate_per_1000", "Up to, per 1,000 (95 %)", CellKind.Number), new("not_assessed", "Why not compared", CellKind.Text),
        ], 2, [.. byMeasure.SelectMany(m => m).Where(r => r.Observed == 0).OrderBy(r => r.ClinicId, StringComparer.Ordinal).Select(NothingSeen)]);
        foreach (var measure in pack.Measures.Where(m => pack.ClinicRates.Any(r => r.Measure.Code == m.Code && r.Observed >= FewestForPicture)))
        {
            var pictures = Pictures(measure).ToList();
            if (pictures.Count == 0) continue;
            yield return new SubHeading(measure.Name);
            foreach (var picture in pictures) yield return picture;
        }
    }

    /// <summary>Events below which a picture would show less than the table.</summary>
    internal const int FewestForPicture = 5;

    IEnumerable<ReportBlock> Pictures(Measure measure)
    {
        const string key = "● inside the limits   ▲ above   ▼ below: check the records   ";
        if (isPublic)
        {
            var rows = pack.ClinicRates.Where(r => r.Measure.Code == measure.Code).ToList();
            if (!measure.IsSummary && rows.Count(r => r.Ratio is not null) > 1 && rows.TrueForAll(r => !IsHidden(r)))
                yield return new Figure(FunnelChart.Draw(Funnel.Of(rows), $"{measure.Name}: clinics beside the literature", r => pack.ClinicName(r.ClinicId), _ => ""), key + "solid line 99.8 %, dashed 95 %");
            yield break;
        }
        foreach (var clinic in pack.Clinics)
        {
            // A funnel and the months under it share a page.
            var practitioners = pack.PractitionerRates.Where(r => r.Measure.Code == measure.Code && r.ClinicId == clinic.Id).ToList();
            if (practitioners.Count(r => r.Ratio is not null) > 1 && practitioners.Sum(r => r.Observed) >= FewestForPicture)
                yield return new Figure(FunnelChart.Draw(Funnel.Of(practitioners), $"{measure.Name}: practitioners of {clinic.Name} beside colleagues", r => pack.NameOf(r.PractitionerId), _ => ""), key + "stem: own 99.8 % limits, short bars 95 %");
            if (pack.Trends.FirstOrDefault(t => t.Measure.Code == measure.Code && t.SubjectId == clinic.Id) is { } trend && trend.Months.Sum(m => m.Observed) >= FewestForPicture)
                yield return new Figure(TrendChart.Draw(trend, $"{measure.Name}, {clinic.Name}: month by month beside the literature", _ => ""), key + "steps: expected, 95 % and 99.8 % limits of each month");
        }
    }

    // Summaries count severities over all categories: beside them hidden numbers could be worked out.
    IEnumerable<RateRow> Shown(IEnumerable<RateRow> rows) => isPublic ? rows.Where(r => !r.Measure.IsSummary) : rows;

    bool IsHidden(RateRow row) => hidden.Contains((row.Measure.Code, row.ClinicId));

    // Whether a part of a whole may be shown to this audience.
    bool Shows(long part, long whole) => !isPublic || SmallNumbers.MayShow(part, whole);

    ReportTable Events(List<List<RateRow>> byMeasure)
    {
        var clinics = pack.Clinics.Select(c => c.Id).ToList();
        return new(EventsTable, "Observed in each clinic and in all", [new("measure", "Code", CellKind.Text, OnPaper: false), new("name", "Measure", CellKind.Text), .. clinics.Select(c => new ReportColumn(c, c, CellKind.Count)), new("all", "All", CellKind.Count)], 2,
            [.. byMeasure.Where(m => m.Exists(r => r.Observed > 0)).Select(m => (object?[])[m[0].Measure.Code, m[0].Measure.Name, .. clinics.Select(c => Cell(m[0].Measure.Code, c, m.Where(r => r.ClinicId == c).Sum(r => r.Observed))), Cell(m[0].Measure.Code, Sum, m.Sum(r => r.Observed))])]);

        object Cell(string measure, string clinic, long observed) => hidden.Contains((measure, clinic)) ? Suppressed.Cell : observed;
    }

    internal static List<ReportColumn> RateColumns((string Name, string Heading) subject) =>
    [
        new(subject.Name, subject.Heading, CellKind.Text), new("measure", "Code", CellKind.Text, OnPaper: false), new("name", "Measure", CellKind.Text), new("baseline", "Baseline", CellKind.Text, OnPaper: false), new("sessions", "Sessions", CellKind.Count, OnPaper: false),
        new("exposure", "Sessions at risk", CellKind.Count), new("observed", "Observed", CellKind.Count), new("expected", "Expected", CellKind.Number), new("rate_per_1000", "Per 1,000 (95 %)", CellKind.Number), new("rate_lower95", "from", CellKind.Lower), new("rate_upper95", "to", CellKind.Upper),
        new("ratio", "Observed ÷ expected (95 %)", CellKind.Number), new("ratio_lower95", "from", CellKind.Lower), new("ratio_upper95", "to", CellKind.Upper), new("lower998", "99.8 % limit, lower", CellKind.Count, OnPaper: false), new("upper998", "99.8 % limit, upper", CellKind.Count, OnPaper: false),
        new("position", "Position", CellKind.Text), new("ascertainment", "Found", CellKind.Text, OnPaper: false), new("follow_up_grade", "Follow-up grade", CellKind.Text, OnPaper: false),
    ];

    object?[] RateRowOf(RateRow row, string subject)
    {
        object?[] cells = RateCells(row, subject);
        if (row.PractitionerId is null && IsHidden(row)) foreach (int cell in OfObserved) cells[cell] = Suppressed.Cell;
        if (isPublic) cells[^1] = null;
        return cells;
    }

    // What tells the number observed: itself, rate and ratio with their intervals, and the position.
    static readonly int[] OfObserved = [6, 8, 9, 10, 11, 12, 13, 16];

    /// <summary>A row of figures, for the columns of <see cref="RateColumns"/>.</summary>
    internal static object?[] RateCells(RateRow row, string subject) =>
    [
        subject, row.Measure.Code, row.Measure.Name, row.Baseline?.Id, row.Sessions, row.Exposure is { } exposure ? (long)exposure : null, row.Observed, row.Expected, row.RatePer1000, row.RateInterval?.Lower, row.RateInterval?.Upper,
        row.Ratio, row.RatioInterval?.Lower, row.RatioInterval?.Upper, row.Limits?.Lower998, row.Limits?.Upper998, row.NotAssessed is { } because ? $"not assessed: {Words.Because(because)}" : PointLook.Briefly(row.Position),
        Codes.Of(row.Ascertainment), row.FollowUpGrade.ToString(),
    ];

    static object?[] NothingSeen(RateRow row) =>
        [row.ClinicId, row.Measure.Code, row.Measure.Name, row.Exposure is { } exposure ? (long)exposure : null, row.Expected, row.Exposure is > 0 and var n ? 1000 * ZeroEvents.UpperRate(n) : null, row.NotAssessed is { } because ? Words.Because(because) : null];

    // --- practitioners ---------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Practitioners()
    {
        if (isPublic || pack.PractitionerRates.Count == 0) yield break;
        yield return new Paragraph("Each practitioner beside what colleagues’ records in the same clinic lead to expect; nobody is ranked. A position beyond a limit is a question about data, patients and process before it is one about a person. "
            + (pack.Question.Audience == Audience.Board ? "Practitioners carry pseudonyms that hold in this report only." : ""));
        yield return new ReportTable("practitioners", "Practitioners beside colleagues, in the measures that are watched by rate", RateColumns(("practitioner", "Practitioner")), 3,
            [.. pack.PractitionerRates.Where(r => r.Observed > 0 || r.Position is not (Position.Inside or Position.NotAssessed)).OrderBy(r => r.Measure.Order).ThenBy(r => pack.NameOf(r.PractitionerId), StringComparer.Ordinal).Select(r => RateRowOf(r, pack.NameOf(r.PractitionerId)))]);
        yield return new Paragraph("Practitioners of whom nothing was recorded in a measure, and whose count lies inside the limits, are left out of this table: at their exposure nothing could be told. The pictures show them.");
    }

    // --- adherence -------------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Adherence()
    {
        yield return new Paragraph("What each rule of the protocol says of the sessions, events and months to which it applies. A clinic that records nothing keeps nothing: “not recorded” stands apart from “kept” and “not kept”. The share kept is of those that could be judged.");
        yield return new ReportTable("adherence", "Protocol rules in each clinic",
        [
            new("rule", "Rule", CellKind.Text), new("clinic_id", "Clinic", CellKind.Text), new("title", "What must be so", CellKind.Text), new("severity", "Severity", CellKind.Text), new("version", "Version", CellKind.Count, OnPaper: false), new("kept", "Kept", CellKind.Count), new("not_kept", "Not kept", CellKind.Count),
            new("not_recorded", "Not recorded", CellKind.Count), new("not_applicable", "Not applicable", CellKind.Count, OnPaper: false), new("kept_share", "Share kept (95 %)", CellKind.Share), new("kept_lower95", "from", CellKind.Lower), new("kept_upper95", "to", CellKind.Upper),
        ], 2, [.. pack.Adherence.Where(a => a.Adherence.Applicable > 0).Select(AdherenceCells)]);
        var silent = pack.Adherence.Where(a => a.Adherence.Applicable == 0).Select(a => a.Rule.Id).Distinct().Except(pack.Adherence.Where(a => a.Adherence.Applicable > 0).Select(a => a.Rule.Id)).ToList();
        if (silent.Count > 0) yield return new Paragraph($"Applied to nothing in the period, or not set by the clinic: {string.Join(", ", silent)}.");
    }

    object?[] AdherenceCells(AdherenceRow row)
    {
        var a = row.Adherence;
        // The number of sessions is known, so the four states are parts of a known sum.
        bool[] hide = isPublic ? SmallNumbers.Hide([a.Pass, a.Fail, a.NotRecorded, a.NotApplicable], sumMayHide: false) : new bool[5];
        object? Of(int i, object? value) => hide[i] ? Suppressed.Cell : value;
        object? Judged(object? value) => hide[0] || hide[1] ? Suppressed.Cell : value;
        return
        [
            row.Rule.Id, row.ClinicId, row.Rule.Title, Codes.Of(row.Rule.Severity), (long)row.Rule.Version, Of(0, (long)a.Pass), Of(1, (long)a.Fail), Of(2, (long)a.NotRecorded), Of(3, (long)a.NotApplicable),
            Judged(a.Kept), Judged(row.KeptInterval?.Lower), Judged(row.KeptInterval?.Upper),
        ];
    }

    // --- reviews ---------------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Reviews()
    {
        yield return new Paragraph("Reviews of alerts about days of the period, or opened or decided within it, as far as they had come when the records were known so. A review looks at the data, then at the kind of sessions, then at the process, and only then at a person.");
        if (isPublic)
        {
            yield return new ReportTable("reviews", "Reviews by clinic", [new("clinic_id", "Clinic", CellKind.Text), new("decided", "Decided", CellKind.Count), new("open", "Open", CellKind.Count), new("all", "All", CellKind.Count)], 1, [.. pack.Clinics.Select(c => (object?[])[c.Id, .. ReviewsOf(c.Id)])]);
            yield break;
        }
        bool inside = pack.Question.Audience == Audience.Internal;
        if (pack.Cases.Count == 0) yield return new Paragraph("None.");
        else
            yield return new ReportTable("reviews", "Reviews, in the order in which they were opened",
            [
                new("case", "Case", CellKind.Count), new("clinic_id", "Clinic", CellKind.Text), new("practitioner", "Practitioner", CellKind.Text), new("alert", "Alert", CellKind.Text), new("level", "Level", CellKind.Text), new("about", "About", CellKind.Text),
                new("from", "From", CellKind.Day, OnPaper: false), new("to", "To", CellKind.Day, OnPaper: false), new("opened_at", "Opened", CellKind.Instant), new("stage", "Stage", CellKind.Text), new("decision", inside ? "Decision, reasons and actions" : "Decision", CellKind.Text), new("decided_at", "Decided", CellKind.Instant),
            ], 1, [.. pack.Cases.Select(c => (object?[])[c.Review.Id, c.ClinicId, pack.NameOf(c.PractitionerId), Words.Rule(c.Review.Rule), Codes.Of(c.Review.Level), About(c.Review.Measure), c.Review.From, c.Review.To, c.Review.OpenedAtUtc, Words.Stage(c.Stage),
                c.Decided is { } d ? inside ? d.Said : Words.Decision(d.Decision) : null, c.Decided?.AtUtc])]);
        if (pack.Alerts.Count > 0)
            yield return new ReportTable("alerts_raised", "Alerts that were raised within the period, by rule", [new("alert", "Alert", CellKind.Text), new("raised", "Raised", CellKind.Count)], 1, [.. pack.Alerts.Select(a => (object?[])[Words.Rule(a.Rule), (long)a.Raised])]);
    }

    // Decided, open, and all.
    object[] ReviewsOf(string clinic)
    {
        long decided = pack.Cases.Count(c => c.ClinicId == clinic && c.Decided is not null), open = pack.Cases.Count(c => c.ClinicId == clinic && c.Decided is null);
        bool[] hide = isPublic ? SmallNumbers.Hide([decided, open], sumMayHide: true) : new bool[3];
        return [hide[0] ? Suppressed.Cell : decided, hide[1] ? Suppressed.Cell : open, hide[2] ? Suppressed.Cell : decided + open];
    }

    string About(string? code) => code is null ? "" : pack.Measures.FirstOrDefault(m => m.Code == code)?.Name ?? (Rules.ById.TryGetValue(code, out var rule) ? $"{rule.Id} {rule.Title}" : code);

    // --- follow-up -------------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> FollowUp()
    {
        yield return new Paragraph("How events come to be known decides how many are seen: asking the patient finds far more than waiting to be told. Grade A: 80 % or more of sessions had a patient who was asked and answered; B 50 to 79; C below 50; D nobody reached. A low rate under a low grade says little.");
        List<ReportColumn> columns = [new("clinic_id", "Clinic", CellKind.Text), new("sessions", "Sessions", CellKind.Count), new("followed_up", "Tried", CellKind.Count), new("reached", "Reached", CellKind.Count), new("reached_share", "Share reached", CellKind.Share), new("follow_up_grade", "Grade", CellKind.Text)];
        if (!isPublic) columns.Add(new("found_by_asking", "Events found by asking", CellKind.Count));
        yield return new ReportTable("follow_up", "Follow-up in each clinic", columns, 1, [.. pack.Clinics.Select(c => FollowUpRow(CountsOf(c.Id), c.Id))]);
        if (isPublic) yield break;
        yield return new ReportTable("follow_up_practitioners", "Follow-up of each practitioner’s sessions", [new("practitioner", "Practitioner", CellKind.Text), .. columns], 2,
            [.. pack.Counts.OrderBy(c => pack.NameOf(c.PractitionerId), StringComparer.Ordinal).ThenBy(c => c.ClinicId, StringComparer.Ordinal).Select(c => (object?[])[pack.NameOf(c.PractitionerId), .. FollowUpRow([c], c.ClinicId)])]);
    }

    // Those reached are among those tried, and those among the sessions: no difference may give a small number away.
    bool ShowsReached(List<PractitionerCounts> counts)
    {
        long sessions = counts.Sum(c => c.Sessions), tried = counts.Sum(c => c.FollowedUp), reached = counts.Sum(c => c.Reached);
        return Shows(reached, sessions) && (!Shows(tried, sessions) || Shows(reached, tried));
    }

    List<PractitionerCounts> CountsOf(string clinic) => [.. pack.Counts.Where(c => c.ClinicId == clinic)];

    object?[] FollowUpRow(List<PractitionerCounts> counts, string clinic)
    {
        long sessions = counts.Sum(c => c.Sessions), tried = counts.Sum(c => c.FollowedUp), reached = counts.Sum(c => c.Reached), found = counts.Sum(c => c.FoundByAskingInAll);
        bool showsTried = Shows(tried, sessions), showsReached = ShowsReached(counts);
        object?[] row = [clinic, sessions, showsTried ? tried : Suppressed.Cell, showsReached ? reached : Suppressed.Cell, !showsReached ? Suppressed.Cell : sessions > 0 ? (double)reached / sessions : null, showsReached ? Analysis.Counts.Grade(reached, sessions).ToString() : Suppressed.Cell];
        return isPublic ? row : [.. row, found];
    }

    // --- restatements ----------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Restated()
    {
        if (pack.Last is not { Report: var last, Figures: var figures, Files: var files }) { yield return new Paragraph("No report to this audience about these clinics was issued before."); yield break; }
        yield return new Paragraph(Say($"The last one was of {last.Period}, with the records as known at {Instant(last.AsKnownUtc)}, issued {Instant(last.IssuedAtUtc!.Value)}. ") + (figures.Count == 0 ? "Made again now it would say the same." : Say($"Made again now, {Count(figures.Count, "figure")} in it would read otherwise. Events come late and records are put right: what was issued stays as it was, and this says what changed.")));
        if (figures.Count > 0)
            yield return new ReportTable("restatements", "Figures of the last report that read otherwise now", [new("table", "Table", CellKind.Text), new("row", "Whose", CellKind.Text), new("figure", "Figure", CellKind.Text), new("was", "Was", CellKind.Text), new("is", "Is", CellKind.Text)], 3,
                [.. figures.Select(f => (object?[])[f.Table, f.Row, f.Column, f.Was, f.Is])]);
        if (!isPublic && files.Count > 0)
            yield return new ReportTable("restatement_files", "Files since then", [new("kind", "Holds", CellKind.Text), new("purpose", "As", CellKind.Text), new("came", "Came", CellKind.Count), new("undone", "Undone", CellKind.Count)], 2, [.. files.Select(f => (object?[])[Codes.Of(f.Kind).Replace('_', ' '), Codes.Of(f.Purpose), (long)f.Came, (long)f.Undone])]);
    }

    // --- false alarms ----------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Detectable()
    {
        int compared = pack.ClinicRates.Concat(pack.PractitionerRates).Count(r => r.Predicted is not null);
        yield return new Paragraph(Say($"{compared} comparisons were made, each against limits that a count crosses by chance in about 2 of 1,000. Added up, {pack.ExpectedFalseAlarms:0.00} of them are to be expected beyond a 99.8 % limit though nothing is wrong."));
        yield return new Paragraph("“Nothing found” is worth as much as what could have been found. The table says by how many times a rate would have had to rise, for an 80 % chance that its count lay above the upper 99.8 % limit in this period.");
        yield return new ReportTable("detectability", "What one look at this period could have seen, clinic by clinic",
        [
            new("clinic_id", "Clinic", CellKind.Text), new("measure", "Code", CellKind.Text, OnPaper: false), new("name", "Measure", CellKind.Text), new("expected", "Expected", CellKind.Number), new("smallest_signal", "Smallest count above", CellKind.Count), new("smallest_ratio", "Smallest rise seen (times)", CellKind.Number),
        ], 2, [.. Shown(pack.ClinicRates).Where(r => r.Predicted is not null).OrderBy(r => r.ClinicId, StringComparer.Ordinal).Select(r => (object?[])[r.ClinicId, r.Measure.Code, r.Measure.Name, r.Expected, Detectability.SmallestSignal(r.Expected!.Value, shape: r.Predicted!.Value.Shape), r.SmallestRise is { } rise && double.IsFinite(rise) ? rise : null])]);
    }

    // --- data quality ----------------------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Quality()
    {
        yield return new Paragraph("How well the records are kept, not how well anybody works. What nobody wrote down in time is in no rate.");
        yield return new ReportTable("data_quality", "Data quality of each clinic", [new("clinic_id", "Clinic", CellKind.Text), .. QualityColumns, .. QualityOfClinics.Where(c => !isPublic || c.Name == "provisional_sessions")], 1,
            [.. pack.Quality.Clinics.Select(q => (object?[])[q.ClinicId, .. QualityCells(q), .. isPublic ? [pack.Provisional.GetValueOrDefault(q.ClinicId)] : (object?[])[q.RejectedRows, (long)(q.Delay?.Events ?? 0), q.Delay?.MedianHours, q.Delay?.NinetiethHours, pack.Provisional.GetValueOrDefault(q.ClinicId)]])]);
        if (!isPublic)
            yield return new ReportTable("data_quality_practitioners", "Data quality of each practitioner’s records", [new("practitioner", "Practitioner", CellKind.Text), new("clinic_id", "Clinic", CellKind.Text), .. QualityColumns], 2,
                [.. pack.Quality.Practitioners.OrderBy(q => pack.NameOf(q.PractitionerId), StringComparer.Ordinal).ThenBy(q => q.ClinicId, StringComparer.Ordinal).Select(q => (object?[])[q.PractitionerId is null ? "(names nobody)" : pack.NameOf(q.PractitionerId), q.ClinicId, .. QualityCells(q)])]);
        yield return new Paragraph("Answers: of what the protocol’s rules ask, the share that records answer. Details: of severity, time of recording and channel of each event, the share given. In time: sessions that reached the program soon after their end. Prompt: events written down soon after their onset. "
            + "Joined: events joined to a session. By name: those that name it themselves. Repeated: records that look like another one under another id. An empty cell: there was nothing to count, which is never the same as good.");
    }

    internal static readonly ReportColumn[] QualityColumns =
    [
        new("answers", "Answers", CellKind.Share), new("event_details", "Event details", CellKind.Share), new("in_time", "In time", CellKind.Share), new("prompt", "Prompt", CellKind.Share), new("joined", "Joined", CellKind.Share), new("by_name", "By name", CellKind.Share), new("follow_ups_joined", "Follow-ups joined", CellKind.Share, OnPaper: false),
        new("repeated_sessions", "Repeated sessions", CellKind.Share, OnPaper: false), new("repeated_events", "Repeated events", CellKind.Share, OnPaper: false),
    ];

    static readonly ReportColumn[] QualityOfClinics =
    [
        new("rejected_rows", "Rejected rows", CellKind.Count), new("events", "Events joined", CellKind.Count), new("delay_median_hours", "Delay, median (h)", CellKind.Number), new("delay_ninetieth_hours", "9 in 10 within (h)", CellKind.Number), new("provisional_sessions", "Provisional sessions", CellKind.Count),
    ];

    IEnumerable<object?> QualityCells(QualityRow q) =>
        QualityParts(q).Select(p => Shows(p.Met, p.Of) ? p.Share : (object)Suppressed.Cell);

    /// <summary>The parts that stand in <see cref="QualityColumns"/>.</summary>
    internal static IEnumerable<Part> QualityParts(QualityRow q) => QualityPart.All.Select(p => p.Of(q));

    // --- definitions and methods -----------------------------------------------------------------------------------------------------------

    IEnumerable<ReportBlock> Definitions()
    {
        yield return new ReportTable("definitions", "What is counted",
            [new("measure", "Code", CellKind.Text), new("name", "Measure", CellKind.Text), new("counted", "Counted", CellKind.Text), new("sentinel", "One is one review", CellKind.Text)], 1,
            [.. pack.Measures.Select(m => (object?[])[m.Code, m.Name, Words.Counted(m), m.IsSentinel ? "yes" : "no"])]);
        yield return new ReportTable("baselines", "Baselines used, with their versions",
        [
            new("baseline", "Id", CellKind.Text), new("rate_per_1000", "Per 1,000", CellKind.Number), new("events", "Events", CellKind.Count, OnPaper: false), new("denominator", "of", CellKind.Count, OnPaper: false), new("unit", "Unit", CellKind.Text), new("ascertainment", "Found", CellKind.Text),
            new("confidence", "Evidence", CellKind.Text), new("source", "Source", CellKind.Text), new("doi", "doi", CellKind.Text, OnPaper: false),
        ], 1, [.. pack.Measures.Select(m => pack.Baselines.GetValueOrDefault(m.Code)).OfType<Baseline>().Select(b => (object?[])[b.Id, b.RatePer1000, (long?)b.Events, (long?)b.Denominator, Codes.Of(b.Unit).Replace('_', ' '), Codes.Of(b.Ascertainment), Codes.Of(b.Confidence), b.Source, b.Doi])]);
    }

    IEnumerable<ReportBlock> Methods()
    {
        yield return new SubHeading("Methods");
        foreach (string point in (string[])
        [
            "Observed: completed or aborted sessions with at least one event of the measure; for all minor events, the events. An event belongs to the day of its session.",
            "Expected against the literature: the published rate times the exposure. The rate is a gamma distribution whose shape is capped by the weight of its evidence (10, 5 or 2), so that limits are negative binomial and widen with the baseline’s own uncertainty.",
            "Expected beside colleagues: the published rate updated with everybody else’s records in the clinic, the ordinary spread between practitioners allowed for, the practitioner’s own records left out.",
            "Intervals: mid-P Poisson for counts, rates and ratios; mid-P Clopper and Pearson for shares; both 95 %. Limits: 95 % and 99.8 %, exact for whole counts.",
            "Nothing seen: the one-sided 95 % upper bound for a rate of which no event was seen.",
            "Rates found in different ways are not compared: where a baseline was found by asking patients, only what asking found in sessions whose patient was reached stands beside it.",
            Say($"Records as known: versions of records that had come in by {Instant(pack.Question.AsKnownUtc)} and were not taken back by then. The same question with the same instant gives the same report, byte for byte, whatever came later."),
            Say($"Protocol rules: version {Rules.Version:x8} of the set; each rule’s own version stands in the workbook."),
        ]) yield return new Paragraph(point, IsPoint: true);
        yield return new SubHeading("Limits of use");
        foreach (string point in (string[])
        [
            "This report audits a service. It ranks nobody, is no medical device, and is no verdict on a person.",
            "It knows what was recorded. What was not written down, or reached nobody, is in no figure; “not seen” is not “safe”.",
            "Published rates come from other settings and other ways of asking. A position beyond a limit is a question, not an answer, and so is one inside.",
            "Patients, treatments and practitioners differ; what is not recorded is not adjusted for.",
            "Small exposures can show large differences only. Read each figure with its interval.",
            .. isPublic ? (string[])[SmallNumbers.Rule, "Suppression holds within this report. Reports of overlapping periods set beside each other may say more than each does; publish either months, or quarters, or years."] : [],
        ]) yield return new Paragraph(point, IsPoint: true);
    }

    // --- words -----------------------------------------------------------------------------------------------------------------------------

    /// <summary>An audience in words.</summary>
    public static string For(Audience audience) => audience switch { Audience.Internal => "internal: for the clinic’s own staff, with names", Audience.Board => "for the board: practitioners by pseudonym", _ => "public: by clinic, small numbers not shown" };

    internal static string PeriodInWords(ReportPeriod period) => Say($"{Day(period.From)} to {Day(period.To)}");

    internal static string Count(long n, string what) => Say($"{n:#,0} {what}{(n == 1 ? "" : "s")}");

    internal static string Share(double share) => Figures.Percent(share, Figures.Kept);

    internal static string Day(DateOnly day) => day.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    internal static string Instant(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + " UTC";

    internal static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
